using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;
using static Viaduct.Linux.Native.NetlinkConstants;

namespace Viaduct.Linux.Netlink;

/// <summary>Marks where a nested attribute begins; <see cref="NlWriter.EndNested"/> takes it back.</summary>
public readonly record struct NestedStart(int Offset);

/// <content>Attributes: struct nlattr { __u16 len; __u16 type; } and the payload, padded to 4 bytes.</content>
public ref partial struct NlWriter
{
    /// <summary>Adds an attribute with a payload of bytes.</summary>
    public void AddAttribute(ushort type, scoped ReadOnlySpan<byte> value) => value.CopyTo(ReserveAttribute(type, value.Length));

    /// <summary>Adds a one-byte attribute.</summary>
    public void AddAttribute(ushort type, byte value) => ReserveAttribute(type, 1)[0] = value;

    /// <summary>Adds a two-byte attribute in the host's byte order.</summary>
    public void AddAttribute(ushort type, ushort value) => MemoryMarshal.Write(ReserveAttribute(type, 2), value);

    /// <summary>Adds a four-byte attribute in the host's byte order.</summary>
    public void AddAttribute(ushort type, uint value) => MemoryMarshal.Write(ReserveAttribute(type, 4), value);

    /// <summary>Adds a four-byte attribute in the host's byte order.</summary>
    public void AddAttribute(ushort type, int value) => MemoryMarshal.Write(ReserveAttribute(type, 4), value);

    /// <summary>Adds an eight-byte attribute in the host's byte order.</summary>
    public void AddAttribute(ushort type, ulong value) => MemoryMarshal.Write(ReserveAttribute(type, 8), value);

    /// <summary>Adds a string in UTF-8 with the ending zero byte that the kernel expects (NLA_NUL_STRING).</summary>
    public void AddAttribute(ushort type, string value)
    {
        var size = Encoding.UTF8.GetByteCount(value);
        Encoding.UTF8.GetBytes(value, ReserveAttribute(type, size + 1));
    }

    /// <summary>Adds an attribute without payload (NLA_FLAG).</summary>
    public void AddFlag(ushort type) => ReserveAttribute(type, 0);

    /// <summary>Adds a two-byte attribute in network byte order.</summary>
    public void AddAttributeBigEndian(ushort type, ushort value) => BinaryPrimitives.WriteUInt16BigEndian(ReserveAttribute(type, 2), value);

    /// <summary>Adds a four-byte attribute in network byte order.</summary>
    public void AddAttributeBigEndian(ushort type, uint value) => BinaryPrimitives.WriteUInt32BigEndian(ReserveAttribute(type, 4), value);

    /// <summary>Adds a four-byte attribute in network byte order.</summary>
    public void AddAttributeBigEndian(ushort type, int value) => BinaryPrimitives.WriteInt32BigEndian(ReserveAttribute(type, 4), value);

    /// <summary>Adds an eight-byte attribute in network byte order.</summary>
    public void AddAttributeBigEndian(ushort type, ulong value) => BinaryPrimitives.WriteUInt64BigEndian(ReserveAttribute(type, 8), value);

    /// <summary>Begins an attribute that holds attributes, with NLA_F_NESTED set.</summary>
    public NestedStart BeginNested(ushort type)
    {
        var start = new NestedStart(_length);
        ReserveAttribute((ushort)(type | NLA_F_NESTED), 0);
        return start;
    }

    /// <summary>Begins an attribute that holds a fixed header and then attributes, without NLA_F_NESTED (as veth's VETH_INFO_PEER).</summary>
    public NestedStart BeginNestedUnmarked(ushort type)
    {
        var start = new NestedStart(_length);
        ReserveAttribute(type, 0);
        return start;
    }

    /// <summary>Ends a nested attribute: writes its length.</summary>
    public readonly void EndNested(NestedStart start) => MemoryMarshal.Write(_buffer.AsSpan(start.Offset), AttributeLength(_length - start.Offset));

    private Span<byte> ReserveAttribute(ushort type, int size)
    {
        var length = AttributeLength(AttributeHeaderSize + size);
        var attribute = Reserve(length);
        MemoryMarshal.Write(attribute, length);
        MemoryMarshal.Write(attribute[2..], type);
        return attribute[AttributeHeaderSize..];
    }

    private static ushort AttributeLength(int length) => length <= ushort.MaxValue
        ? (ushort)length
        : throw new InvalidOperationException($"A netlink attribute holds at most {ushort.MaxValue - AttributeHeaderSize} bytes, not {length - AttributeHeaderSize}.");
}
