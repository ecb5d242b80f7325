using System.Text;

namespace Viaduct.Linux.Nftables;

/// <summary>Comments inside user data, which the kernel keeps and nft(8) shows: { u8 type, u8 length, value }...</summary>
internal static class NftUserData
{
    // A length is one byte and counts the ending zero.
    public const int MaxCommentLength = byte.MaxValue - 1;

    /// <summary>nft cuts nothing and refuses long comments; we keep what fits, for a comment must never make a change fail.</summary>
    public static byte[] Comment(byte type, string comment)
    {
        var text = Encoding.UTF8.GetBytes(comment);
        var length = FittingLength(text);
        var data = new byte[length + 3];
        data[0] = type;
        data[1] = (byte)(length + 1);
        text.AsSpan(0, length).CopyTo(data.AsSpan(2));
        return data;
    }

    /// <summary>A 32-bit number in the host's byte order.</summary>
    public static byte[] Number(byte type, uint value) => [type, sizeof(uint), .. BitConverter.GetBytes(value)];

    /// <summary>How much of a comment fits, without cutting a character in two: continuation bytes are 10xxxxxx.</summary>
    public static int FittingLength(ReadOnlySpan<byte> utf8)
    {
        var length = Math.Min(utf8.Length, MaxCommentLength);
        while (length < utf8.Length && (utf8[length] & 0xc0) == 0x80)
            length--;
        return length;
    }

    public static string? FindComment(byte type, ReadOnlySpan<byte> data) =>
        FindUtf8(type, data) is { IsEmpty: false } text ? Encoding.UTF8.GetString(text) : null;

    public static ReadOnlySpan<byte> FindUtf8(byte type, ReadOnlySpan<byte> data)
    {
        while (data.Length >= 2 && data[1] <= data.Length - 2)
        {
            var value = data.Slice(2, data[1]);
            if (data[0] == type)
                return value.TrimEnd((byte)0);
            data = data[(2 + data[1])..];
        }

        return default;
    }
}
