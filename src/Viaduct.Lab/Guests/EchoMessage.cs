using System.Buffers.Binary;
using Viaduct.Linux.Packets;

namespace Viaduct.Lab.Guests;

/// <summary>What ping(8) sends, and the answer (RFC 792).</summary>
/// <param name="IsReply">The answer.</param>
/// <param name="Id">Whose ping it is.</param>
/// <param name="Number">Which one.</param>
/// <param name="Data">Comes back as it is.</param>
internal sealed record EchoMessage(bool IsReply, ushort Id, ushort Number, byte[] Data)
{
    private const int HeaderSize = 8;
    private const byte Request = 8, Reply = 0;

    /// <summary>Null if it is something else, or not as it was sent.</summary>
    public static EchoMessage? Read(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length < HeaderSize || bytes[0] is not (Request or Reply) || InternetChecksum.Of(bytes) != 0)
            return null;
        return new EchoMessage(bytes[0] == Reply, BinaryPrimitives.ReadUInt16BigEndian(bytes[4..]), BinaryPrimitives.ReadUInt16BigEndian(bytes[6..]), bytes[HeaderSize..].ToArray());
    }

    public byte[] ToBytes()
    {
        var bytes = new byte[HeaderSize + Data.Length];
        bytes[0] = IsReply ? Reply : Request;
        BinaryPrimitives.WriteUInt16BigEndian(bytes.AsSpan(4), Id);
        BinaryPrimitives.WriteUInt16BigEndian(bytes.AsSpan(6), Number);
        Data.CopyTo(bytes, HeaderSize);
        BinaryPrimitives.WriteUInt16BigEndian(bytes.AsSpan(2), InternetChecksum.Of(bytes));
        return bytes;
    }
}
