using Viaduct.Linux.Netlink;
using static Viaduct.Linux.Native.NfTablesConstants;

namespace Viaduct.Linux.Nftables.Expressions;

/// <summary>Loads the type of an address from the routing tables, as <c>fib daddr type</c>: an RTN_* number in the host's byte order.</summary>
/// <param name="IsSource">Of the source instead of the destination.</param>
/// <param name="Register">Where it goes.</param>
public sealed record FibExpression(bool IsSource, NftRegister Register) : NftExpression
{
    internal const string KernelName = "fib";

    /// <inheritdoc/>
    public override string Name => KernelName;

    /// <summary>RTN_LOCAL: an address of this host.</summary>
    public static NftData Local { get; } = NftData.Word(2);

    internal override void WriteAttributes(ref NlWriter writer)
    {
        writer.AddAttributeBigEndian(NFTA_FIB_FLAGS, IsSource ? NFTA_FIB_F_SADDR : NFTA_FIB_F_DADDR);
        writer.AddAttributeBigEndian(NFTA_FIB_RESULT, NFT_FIB_RESULT_ADDRTYPE);
        writer.AddAttributeBigEndian(NFTA_FIB_DREG, Register.Number);
    }

    internal static NftExpression Read(NlAttributes data)
    {
        uint flags = 0, result = 0;
        NftRegister register = default;
        foreach (var attribute in data)
        {
            if (attribute.Type == NFTA_FIB_FLAGS)
                flags = attribute.AsUInt32BigEndian();
            else if (attribute.Type == NFTA_FIB_RESULT)
                result = attribute.AsUInt32BigEndian();
            else if (attribute.Type == NFTA_FIB_DREG)
                register = NftRegister.Read(attribute);
        }

        return result == NFT_FIB_RESULT_ADDRTYPE && flags is NFTA_FIB_F_SADDR or NFTA_FIB_F_DADDR
            ? new FibExpression(flags == NFTA_FIB_F_SADDR, register)
            : UnknownExpression.Read(KernelName, data);
    }
}
