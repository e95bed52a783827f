"""The functions that rules can call. Each module has the functions of one library of cel-go or kube-apiserver."""
