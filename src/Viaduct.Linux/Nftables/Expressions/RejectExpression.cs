using Viaduct.Linux.Netlink;
using static Viaduct.Linux.Native.NfTablesConstants;

namespace Viaduct.Linux.Nftables.Expressions;

/// <summary>Refuses a packet and tells its sender. In prerouting since Linux 5.9.</summary>
/// <param name="Kind">How the sender is told.</param>
/// <param name="IcmpCode">Code of the ICMP destination unreachable message; ICMPX codes with <see cref="NftRejectKind.IcmpAnyFamily"/>.</param>
public sealed record RejectExpression(NftRejectKind Kind, byte IcmpCode = 0) : NftExpression
{
    internal const string KernelName = "reject";

    /// <inheritdoc/>
    public override string Name => KernelName;

    /// <summary><c>reject with tcp reset</c></summary>
    public static RejectExpression TcpReset { get; } = new(NftRejectKind.TcpReset);

    /// <summary><c>reject with icmp port-unreachable</c>, for tables of family ip.</summary>
    public static RejectExpression IcmpPortUnreachable { get; } = new(NftRejectKind.Icmp, ICMP_PORT_UNREACH);

    /// <summary><c>reject with icmpv6 port-unreachable</c>, for tables of family ip6.</summary>
    public static RejectExpression Icmpv6PortUnreachable { get; } = new(NftRejectKind.Icmp, ICMPV6_PORT_UNREACH);

    internal override void WriteAttributes(ref NlWriter writer)
    {
        writer.AddAttributeBigEndian(NFTA_REJECT_TYPE, (uint)Kind);
        if (Kind != NftRejectKind.TcpReset)
            writer.AddAttribute(NFTA_REJECT_ICMP_CODE, IcmpCode);
    }

    internal static RejectExpression Read(NlAttributes data)
    {
        var value = new RejectExpression(default(NftRejectKind));
        foreach (var attribute in data)
        {
            value = attribute.Type switch
            {
                NFTA_REJECT_TYPE => value with { Kind = (NftRejectKind)attribute.AsUInt32BigEndian() },
                NFTA_REJECT_ICMP_CODE => value with { IcmpCode = attribute.Value[0] },
                _ => value,
            };
        }

        return value;
    }
}

/// <summary>How a sender is told (enum nft_reject_types).</summary>
public enum NftRejectKind : uint
{
    /// <summary>By ICMP destination unreachable.</summary>
    Icmp = 0,

    /// <summary>By a TCP reset; matches TCP packets only.</summary>
    TcpReset = 1,

    /// <summary>By ICMP or ICMPv6, in tables of family inet.</summary>
    IcmpAnyFamily = 2,
}
