using Viaduct.Linux.Netlink;
using static Viaduct.Linux.Native.NfTablesConstants;

namespace Viaduct.Linux.Nftables.Expressions;

/// <summary>Translates the source of a connection to the address of the device it leaves by, as <c>masquerade</c>.</summary>
/// <param name="Flags">How the source port is chosen.</param>
public sealed record MasqueradeExpression(NftNatFlags Flags = NftNatFlags.None) : NftExpression
{
    internal const string KernelName = "masq";

    /// <inheritdoc/>
    public override string Name => KernelName;

    internal override void WriteAttributes(ref NlWriter writer)
    {
        if (Flags != 0)
            writer.AddAttributeBigEndian(NFTA_MASQ_FLAGS, (uint)Flags);
    }

    internal static MasqueradeExpression Read(NlAttributes data)
    {
        var flags = NftNatFlags.None;
        foreach (var attribute in data)
        {
            if (attribute.Type == NFTA_MASQ_FLAGS)
                flags = (NftNatFlags)attribute.AsUInt32BigEndian();
        }

        return new MasqueradeExpression(flags);
    }
}
