using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;
using static Viaduct.Linux.Native.NetlinkConstants;

namespace Viaduct.Linux.Netlink;

/// <summary>Walks attributes: <c>foreach (var attribute in message.Attributes(headerSize))</c>. Malformed input is a <see cref="NetlinkException"/>.</summary>
public ref struct NlAttributes
{
    private readonly ReadOnlySpan<byte> _data;
    private int _position;
    private NlAttribute _current;

    /// <summary>Reads from the first attribute of <paramref name="data"/>.</summary>
    public NlAttributes(ReadOnlySpan<byte> data) => _data = data;

    /// <summary>The attribute that <see cref="MoveNext"/> found.</summary>
    public readonly NlAttribute Current => _current;

    /// <summary>The reader itself, for foreach.</summary>
    public readonly NlAttributes GetEnumerator() => this;

    /// <summary>Goes to the next attribute; false at the end.</summary>
    public bool MoveNext()
    {
        var rest = _data[_position..];
        if (rest.IsEmpty)
            return false;
        if (rest.Length < NlWriter.AttributeHeaderSize)
            NetlinkException.ThrowMalformed($"{rest.Length} bytes remain at byte {_position} of the attributes, an attribute header has {NlWriter.AttributeHeaderSize}");
        var length = MemoryMarshal.Read<ushort>(rest);
        var type = MemoryMarshal.Read<ushort>(rest[2..]);
        if (length < NlWriter.AttributeHeaderSize || length > rest.Length)
            NetlinkException.ThrowMalformed($"attribute {type & NLA_TYPE_MASK} at byte {_position} says it has {length} bytes, {rest.Length} remain");
        _current = new NlAttribute(type, rest[NlWriter.AttributeHeaderSize..length]);
        _position = Math.Min(_data.Length, _position + NlWriter.Align(length));
        return true;
    }
}

/// <summary>One attribute: type and payload, with checked readers.</summary>
public readonly ref struct NlAttribute
{
    private readonly ushort _type;

    internal NlAttribute(ushort type, ReadOnlySpan<byte> value)
    {
        _type = type;
        Value = value;
    }

    /// <summary>nla_type without its flag bits.</summary>
    public ushort Type => (ushort)(_type & NLA_TYPE_MASK);

    /// <summary>Whether NLA_F_NESTED is set; the kernel does not always set it.</summary>
    public bool IsNested => (_type & NLA_F_NESTED) != 0;

    /// <summary>The payload.</summary>
    public ReadOnlySpan<byte> Value { get; }

    /// <summary>The payload as a byte.</summary>
    public byte AsByte() => Sized(1)[0];

    /// <summary>The payload as two bytes in the host's order.</summary>
    public ushort AsUInt16() => MemoryMarshal.Read<ushort>(Sized(2));

    /// <summary>The payload as four bytes in the host's order.</summary>
    public uint AsUInt32() => MemoryMarshal.Read<uint>(Sized(4));

    /// <summary>The payload as four bytes in the host's order.</summary>
    public int AsInt32() => MemoryMarshal.Read<int>(Sized(4));

    /// <summary>The payload as eight bytes in the host's order.</summary>
    public ulong AsUInt64() => MemoryMarshal.Read<ulong>(Sized(8));

    /// <summary>The payload as two bytes in network order.</summary>
    public ushort AsUInt16BigEndian() => BinaryPrimitives.ReadUInt16BigEndian(Sized(2));

    /// <summary>The payload as four bytes in network order.</summary>
    public uint AsUInt32BigEndian() => BinaryPrimitives.ReadUInt32BigEndian(Sized(4));

    /// <summary>The payload as eight bytes in network order.</summary>
    public ulong AsUInt64BigEndian() => BinaryPrimitives.ReadUInt64BigEndian(Sized(8));

    /// <summary>The payload as UTF-8 up to the first zero byte.</summary>
    public string AsString()
    {
        var end = Value.IndexOf((byte)0);
        return Encoding.UTF8.GetString(end < 0 ? Value : Value[..end]);
    }

    /// <summary>The attributes inside, whether the kernel marked it as nested or not.</summary>
    public NlAttributes Nested() => new(Value);

    private ReadOnlySpan<byte> Sized(int size)
    {
        if (Value.Length < size)
            NetlinkException.ThrowMalformed($"attribute {Type} holds {Value.Length} bytes, {size} are needed");
        return Value[..size];
    }
}
