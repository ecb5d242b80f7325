using Viaduct.Linux.Netlink;
using static Viaduct.Linux.Native.NetlinkConstants;

namespace Viaduct.Linux.Nftables.Expressions;

/// <summary>An expression that this library has no record for, kept as the kernel gave it so that nothing is lost when a rule is written back.</summary>
/// <param name="KernelName">The kernel's name for it.</param>
/// <param name="Attributes">Its attributes as bytes.</param>
public sealed record UnknownExpression(string KernelName, NftData Attributes) : NftExpression
{
    /// <inheritdoc/>
    public override string Name => KernelName;

    internal override void WriteAttributes(ref NlWriter writer)
    {
        foreach (var attribute in new NlAttributes(Attributes.Span))
            Copy(ref writer, attribute);
    }

    internal static UnknownExpression Read(string name, NlAttributes data)
    {
        var writer = new NlWriter(256);
        try
        {
            foreach (var attribute in data)
                Copy(ref writer, attribute);
            return new UnknownExpression(name, new NftData(writer.Written));
        }
        finally
        {
            writer.Dispose();
        }
    }

    private static void Copy(ref NlWriter writer, NlAttribute attribute) =>
        writer.AddAttribute((ushort)(attribute.Type | (attribute.IsNested ? NLA_F_NESTED : 0)), attribute.Value);
}
