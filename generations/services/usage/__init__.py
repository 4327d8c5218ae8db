"""What was asked for, what became of it, how long it took, what it cost: counted by the day, told by the period."""
