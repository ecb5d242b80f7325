using System.Text;

namespace Viaduct.Linux.Nftables;

/// <summary>Comments inside user data, which the kernel keeps and nft(8) shows: { u8 type, u8 length, value }...</summary>
internal static class NftUserData
{
    // A length is one byte and counts the ending zero.
    private const int MaxCommentLength = byte.MaxValue - 1;

    /// <summary>nft cuts nothing and refuses long comments; we keep what fits, for a comment must never make a change fail.</summary>
    public static byte[] Comment(byte type, string comment)
    {
        var text = Encoding.UTF8.GetBytes(comment);
        var length = Math.Min(text.Length, MaxCommentLength);
        // Do not cut a character in two: continuation bytes are 10xxxxxx.
        while (length < text.Length && (text[length] & 0xc0) == 0x80)
            length--;
        var data = new byte[length + 3];
        data[0] = type;
        data[1] = (byte)(length + 1);
        text.AsSpan(0, length).CopyTo(data.AsSpan(2));
        return data;
    }

    public static string? FindComment(byte type, ReadOnlySpan<byte> data)
    {
        while (data.Length >= 2 && data[1] <= data.Length - 2)
        {
            var value = data.Slice(2, data[1]);
            if (data[0] == type)
                return Encoding.UTF8.GetString(value.TrimEnd((byte)0));
            data = data[(2 + data[1])..];
        }

        return null;
    }
}
