using System.Buffers;
using System.Runtime.InteropServices;

namespace Viaduct.Linux.Netlink;

/// <summary>
/// Writes netlink messages one after another into a growing pooled buffer. Pass it by <c>ref</c>; dispose it once.
/// Sequence numbers count from 0 here; <see cref="NetlinkChannel"/> moves them to its own range when it sends.
/// </summary>
public ref partial struct NlWriter
{
    internal const int HeaderSize = 16;
    internal const int AttributeHeaderSize = 4;

    private byte[] _buffer;
    private int _length;
    private int _messageStart;

    /// <summary>Starts with room for a usual request.</summary>
    public NlWriter()
        : this(1024)
    {
    }

    /// <summary>Starts with room for <paramref name="capacity"/> bytes.</summary>
    public NlWriter(int capacity)
    {
        _buffer = ArrayPool<byte>.Shared.Rent(capacity);
        _messageStart = -1;
    }

    /// <summary>The bytes written so far; an unfinished message has no length yet.</summary>
    public readonly ReadOnlySpan<byte> Written => _buffer.AsSpan(0, _length);

    /// <summary>The number of bytes written so far.</summary>
    public readonly int Length => _length;

    /// <summary>The number of messages begun so far.</summary>
    public int MessageCount { get; private set; }

    internal readonly Span<byte> Bytes => _buffer.AsSpan(0, _length);

    // struct nlmsghdr { __u32 len; __u16 type; __u16 flags; __u32 seq; __u32 pid; }

    /// <summary>Begins a message: a struct nlmsghdr, whose length <see cref="EndMessage"/> fills in.</summary>
    public void BeginMessage(ushort type, ushort flags)
    {
        if (_messageStart >= 0)
            throw new InvalidOperationException("The last netlink message was not ended.");
        _messageStart = _length;
        var header = Reserve(HeaderSize);
        MemoryMarshal.Write(header[4..], type);
        MemoryMarshal.Write(header[6..], flags);
        MemoryMarshal.Write(header[8..], (uint)MessageCount);
        MessageCount++;
    }

    /// <summary>Ends the message that was begun last.</summary>
    public void EndMessage()
    {
        if (_messageStart < 0)
            throw new InvalidOperationException("No netlink message was begun.");
        MemoryMarshal.Write(_buffer.AsSpan(_messageStart), (uint)(_length - _messageStart));
        _messageStart = -1;
    }

    /// <summary>Appends a fixed header (struct ifinfomsg, nfgenmsg and so on) of zeroes and returns it to be filled.</summary>
    public Span<byte> AddHeader(int size) => Reserve(size);

    /// <summary>Appends a fixed header as it is in memory.</summary>
    public void AddHeader<T>(scoped in T header)
        where T : unmanaged
    {
        var bytes = MemoryMarshal.AsBytes(new ReadOnlySpan<T>(in header));
        bytes.CopyTo(Reserve(bytes.Length));
    }

    /// <summary>Gives the buffer back.</summary>
    public void Dispose()
    {
        var buffer = _buffer;
        _buffer = [];
        _length = 0;
        if (buffer is { Length: > 0 })
            ArrayPool<byte>.Shared.Return(buffer);
    }

    // The next aligned piece of the buffer, zeroed, padding included: pooled memory holds other people's bytes.
    private Span<byte> Reserve(int size)
    {
        var aligned = Align(size);
        if (_buffer.Length - _length < aligned)
            Grow(aligned);
        var piece = _buffer.AsSpan(_length, aligned);
        piece.Clear();
        _length += aligned;
        return piece[..size];
    }

    private void Grow(int size)
    {
        var larger = ArrayPool<byte>.Shared.Rent(Math.Max(_buffer.Length * 2, checked(_length + size)));
        Written.CopyTo(larger);
        ArrayPool<byte>.Shared.Return(_buffer);
        _buffer = larger;
    }

    internal static int Align(int length) => checked(length + 3) & ~3;
}
