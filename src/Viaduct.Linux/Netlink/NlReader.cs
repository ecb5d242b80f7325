using System.Runtime.InteropServices;

namespace Viaduct.Linux.Netlink;

/// <summary>Walks the messages of a datagram: <c>foreach (var message in new NlReader(datagram))</c>. Malformed input is a <see cref="NetlinkException"/>.</summary>
public ref struct NlReader
{
    private readonly ReadOnlySpan<byte> _data;
    private int _position;
    private NlMessage _current;

    /// <summary>Reads from the first message of <paramref name="datagram"/>.</summary>
    public NlReader(ReadOnlySpan<byte> datagram) => _data = datagram;

    /// <summary>The message that <see cref="MoveNext"/> found.</summary>
    public readonly NlMessage Current => _current;

    /// <summary>The reader itself, for foreach.</summary>
    public readonly NlReader GetEnumerator() => this;

    /// <summary>Goes to the next message; false at the end.</summary>
    public bool MoveNext()
    {
        var rest = _data[_position..];
        if (rest.IsEmpty)
            return false;
        if (rest.Length < NlWriter.HeaderSize)
            NetlinkException.ThrowMalformed($"{rest.Length} bytes remain at byte {_position}, a message header has {NlWriter.HeaderSize}");
        var length = MemoryMarshal.Read<uint>(rest);
        if (length < NlWriter.HeaderSize || length > rest.Length)
            NetlinkException.ThrowMalformed($"the message at byte {_position} says it has {length} bytes, {rest.Length} remain");
        _current = new NlMessage(rest[..(int)length]);
        _position = Math.Min(_data.Length, _position + NlWriter.Align((int)length));
        return true;
    }
}

/// <summary>One netlink message: header fields and payload.</summary>
public readonly ref struct NlMessage
{
    private readonly ReadOnlySpan<byte> _bytes;

    internal NlMessage(ReadOnlySpan<byte> bytes) => _bytes = bytes;

    /// <summary>nlmsg_type.</summary>
    public ushort Type => MemoryMarshal.Read<ushort>(_bytes[4..]);

    /// <summary>nlmsg_flags.</summary>
    public ushort Flags => MemoryMarshal.Read<ushort>(_bytes[6..]);

    /// <summary>nlmsg_seq.</summary>
    public uint Sequence => MemoryMarshal.Read<uint>(_bytes[8..]);

    /// <summary>nlmsg_pid: the port of the sender.</summary>
    public uint PortId => MemoryMarshal.Read<uint>(_bytes[12..]);

    /// <summary>All bytes of the message.</summary>
    public ReadOnlySpan<byte> Bytes => _bytes;

    /// <summary>The bytes after the header.</summary>
    public ReadOnlySpan<byte> Payload => _bytes[NlWriter.HeaderSize..];

    /// <summary>The first <paramref name="size"/> bytes of the payload, the fixed header of the message's family.</summary>
    public ReadOnlySpan<byte> Header(int size)
    {
        if (Payload.Length < size)
            NetlinkException.ThrowMalformed($"the payload of a message of type {Type} has {Payload.Length} bytes, its header needs {size}");
        return Payload[..size];
    }

    /// <summary>The fixed header as a struct.</summary>
    public T Header<T>()
        where T : unmanaged => MemoryMarshal.Read<T>(Header(System.Runtime.CompilerServices.Unsafe.SizeOf<T>()));

    /// <summary>The attributes after a fixed header of <paramref name="headerSize"/> bytes.</summary>
    public NlAttributes Attributes(int headerSize)
    {
        Header(headerSize);
        return new NlAttributes(Payload[Math.Min(Payload.Length, NlWriter.Align(headerSize))..]);
    }
}
