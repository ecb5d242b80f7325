using Viaduct.Linux.Netlink;
using static Viaduct.Linux.Native.NfTablesConstants;

namespace Viaduct.Linux.Nftables.Expressions;

/// <summary>Translates the destination (or source) of a connection to what registers hold, as <c>dnat ip to</c>.</summary>
/// <param name="Kind">Destination or source.</param>
/// <param name="Family">IPv4 or IPv6.</param>
/// <param name="Address">Where the address is.</param>
/// <param name="Port">Where the port is; null keeps the port.</param>
public sealed record NatExpression(NftNatKind Kind, NftFamily Family, NftRegister Address, NftRegister? Port = null) : NftExpression
{
    internal const string KernelName = "nat";

    /// <inheritdoc/>
    public override string Name => KernelName;

    /// <summary>How source ports are chosen; unused with a fixed port.</summary>
    public NftNatFlags Flags { get; init; }

    internal override void WriteAttributes(ref NlWriter writer)
    {
        writer.AddAttributeBigEndian(NFTA_NAT_TYPE, (uint)Kind);
        writer.AddAttributeBigEndian(NFTA_NAT_FAMILY, (uint)Family);
        writer.AddAttributeBigEndian(NFTA_NAT_REG_ADDR_MIN, Address.Number);
        if (Port is { } port)
            writer.AddAttributeBigEndian(NFTA_NAT_REG_PROTO_MIN, port.Number);
        if (Flags != 0)
            writer.AddAttributeBigEndian(NFTA_NAT_FLAGS, (uint)Flags);
    }

    internal static NatExpression Read(NlAttributes data)
    {
        var value = new NatExpression(default, default, default);
        foreach (var attribute in data)
        {
            value = attribute.Type switch
            {
                NFTA_NAT_TYPE => value with { Kind = (NftNatKind)attribute.AsUInt32BigEndian() },
                NFTA_NAT_FAMILY => value with { Family = (NftFamily)attribute.AsUInt32BigEndian() },
                NFTA_NAT_REG_ADDR_MIN => value with { Address = NftRegister.Read(attribute) },
                NFTA_NAT_REG_PROTO_MIN => value with { Port = NftRegister.Read(attribute) },
                // The kernel adds "address given" and "port given" by itself (nft_nat_init).
                NFTA_NAT_FLAGS => value with { Flags = (NftNatFlags)(attribute.AsUInt32BigEndian() & ~(NF_NAT_RANGE_MAP_IPS | NF_NAT_RANGE_PROTO_SPECIFIED)) },
                _ => value,
            };
        }

        return value;
    }
}

/// <summary>What is translated (enum nft_nat_types).</summary>
public enum NftNatKind : uint
{
    /// <summary>The source, in postrouting.</summary>
    Source = 0,

    /// <summary>The destination, in prerouting and output.</summary>
    Destination = 1,
}

/// <summary>How source ports are chosen (NF_NAT_RANGE_*).</summary>
[Flags]
public enum NftNatFlags : uint
{
    /// <summary>The same port if it is free.</summary>
    None = 0,

    /// <summary>A random port (<c>random</c>).</summary>
    Random = 4,

    /// <summary>A random port by a better generator (<c>fully-random</c>): fewer collisions under load.</summary>
    FullyRandom = 16,
}
