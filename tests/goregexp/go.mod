module plugin-operator.test/goregexp

go 1.26.0
