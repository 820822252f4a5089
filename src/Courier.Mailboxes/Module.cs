// Paths are joined in stack buffers of PATH_MAX octets: zeroing them first costs more than the system call that takes them.
[module: System.Runtime.CompilerServices.SkipLocalsInit]
