using Viaduct.Linux.Netlink;
using static Viaduct.Linux.Native.NfTablesConstants;

namespace Viaduct.Linux.Nftables.Expressions;

/// <summary>Loads what connection tracking knows, as <c>ct state</c> or <c>ct original ip daddr</c>.</summary>
/// <param name="Key">What.</param>
/// <param name="Register">Where it goes.</param>
/// <param name="Direction">Of which direction; null for what has none.</param>
public sealed record ConntrackExpression(NftConntrackKey Key, NftRegister Register, NftDirection? Direction = null) : NftExpression
{
    internal const string KernelName = "ct";

    /// <inheritdoc/>
    public override string Name => KernelName;

    internal override void WriteAttributes(ref NlWriter writer)
    {
        writer.AddAttributeBigEndian(NFTA_CT_KEY, (uint)Key);
        writer.AddAttributeBigEndian(NFTA_CT_DREG, Register.Number);
        if (Direction is { } direction)
            writer.AddAttribute(NFTA_CT_DIRECTION, (byte)direction);
    }

    internal static NftExpression Read(NlAttributes data)
    {
        var value = new ConntrackExpression(default, default);
        foreach (var attribute in data)
        {
            switch (attribute.Type)
            {
                case NFTA_CT_KEY:
                    value = value with { Key = (NftConntrackKey)attribute.AsUInt32BigEndian() };
                    break;
                case NFTA_CT_DREG:
                    value = value with { Register = NftRegister.Read(attribute) };
                    break;
                case NFTA_CT_DIRECTION:
                    value = value with { Direction = (NftDirection)attribute.Value[0] };
                    break;
                default:
                    // It sets the value instead of loading it.
                    return UnknownExpression.Read(KernelName, data);
            }
        }

        return value;
    }
}

/// <summary>What connection tracking knows (enum nft_ct_keys).</summary>
public enum NftConntrackKey : uint
{
    /// <summary>A bit of <see cref="NftConntrackState"/>.</summary>
    State = 0,

    /// <summary>Bits of <see cref="NftConntrackStatus"/>.</summary>
    Status = 2,

    /// <summary>The connection's mark.</summary>
    Mark = 3,

    /// <summary>The transport protocol.</summary>
    Protocol = 10,

    /// <summary>The source port.</summary>
    SourcePort = 11,

    /// <summary>The destination port.</summary>
    DestinationPort = 12,

    /// <summary>The source IPv4 address.</summary>
    SourceIPv4 = 19,

    /// <summary>The destination IPv4 address.</summary>
    DestinationIPv4 = 20,

    /// <summary>The source IPv6 address.</summary>
    SourceIPv6 = 21,

    /// <summary>The destination IPv6 address.</summary>
    DestinationIPv6 = 22,
}

/// <summary>Directions of a connection (enum ip_conntrack_dir).</summary>
public enum NftDirection : byte
{
    /// <summary>As the connection began.</summary>
    Original = 0,

    /// <summary>As its answers come.</summary>
    Reply = 1,
}

/// <summary>States of a packet's connection (NF_CT_STATE_BIT), in the host's byte order.</summary>
[Flags]
public enum NftConntrackState : uint
{
    /// <summary>None.</summary>
    None = 0,

    /// <summary>The packet belongs to no connection.</summary>
    Invalid = 1,

    /// <summary>Packets were seen in both directions.</summary>
    Established = 2,

    /// <summary>Belongs to another connection, as an ICMP error does.</summary>
    Related = 4,

    /// <summary>No answer was seen yet.</summary>
    New = 8,
}

/// <summary>What was done to a connection (enum ip_conntrack_status), in the host's byte order.</summary>
[Flags]
public enum NftConntrackStatus : uint
{
    /// <summary>Nothing.</summary>
    None = 0,

    /// <summary>Its source was translated.</summary>
    SourceNat = 0x10,

    /// <summary>Its destination was translated.</summary>
    DestinationNat = 0x20,
}
