"""What authors declare, and the contract it is held to."""
