using Viaduct.Linux.Native;

namespace Viaduct.Linux.Memory;

/// <summary>Pages of memory that the kernel has promised and provides when they are touched: mmap(2), MAP_ANONYMOUS.</summary>
public sealed class FreshPages : IDisposable
{
    private readonly Libc.AnonymousMemory _memory;

    /// <summary>Asks for a number of pages.</summary>
    public FreshPages(int count)
    {
        _memory = new Libc.AnonymousMemory((nuint)count * (nuint)Environment.SystemPageSize);
        if (_memory.IsInvalid)
            throw LinuxException.Last($"mapping {count} pages");
    }

    /// <summary>Writes into every page.</summary>
    public void Touch() => _memory.Touch((nuint)Environment.SystemPageSize);

    /// <summary>Gives the pages back, so that the next touch is a first one again.</summary>
    public void Drop() => LinuxException.ThrowIfFailed(_memory.Drop(), "giving pages back");

    /// <inheritdoc/>
    public void Dispose() => _memory.Dispose();
}
