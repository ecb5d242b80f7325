using System.Text;
using System.Text.Unicode;
using Viaduct.Proxy.Model;

namespace Viaduct.Proxy.Backends.Nftables;

/// <summary>The Service port that an element belongs to, as its comment says it: <c>namespace/name:port</c>, cut where a comment ends.</summary>
internal static class OwnerComment
{
    public const int MaxLength = 254;

    /// <summary>Writes at most <see cref="MaxLength"/> bytes and returns how many.</summary>
    public static int Write(Span<byte> target, ServicePortName owner)
    {
        var rest = target[..MaxLength];
        if (Put(ref rest, owner.Namespace) && Put(ref rest, "/") && Put(ref rest, owner.Name) && owner.Port.Length > 0 && Put(ref rest, ":"))
            Put(ref rest, owner.Port);
        return MaxLength - rest.Length;
    }

    public static string Text(ServicePortName owner)
    {
        Span<byte> comment = stackalloc byte[MaxLength];
        return Encoding.UTF8.GetString(comment[..Write(comment, owner)]);
    }

    // Never half a character. False when the rest is full.
    private static bool Put(ref Span<byte> rest, string text)
    {
        var status = Utf8.FromUtf16(text, rest, out _, out var written);
        rest = rest[written..];
        return status == System.Buffers.OperationStatus.Done;
    }
}
