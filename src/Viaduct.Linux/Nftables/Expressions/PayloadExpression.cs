using Viaduct.Linux.Netlink;
using static Viaduct.Linux.Native.NfTablesConstants;

namespace Viaduct.Linux.Nftables.Expressions;

/// <summary>Loads bytes of the packet, as <c>ip daddr</c> or <c>th dport</c>.</summary>
/// <param name="Base">Which header the offset counts from.</param>
/// <param name="Offset">Where in the header.</param>
/// <param name="Length">How many bytes.</param>
/// <param name="Register">Where they go.</param>
public sealed record PayloadExpression(NftPayloadBase Base, int Offset, int Length, NftRegister Register) : NftExpression
{
    internal const string KernelName = "payload";

    /// <inheritdoc/>
    public override string Name => KernelName;

    /// <summary><c>ip saddr</c></summary>
    public static PayloadExpression IPv4Source(NftRegister register) => new(NftPayloadBase.NetworkHeader, 12, 4, register);

    /// <summary><c>ip daddr</c></summary>
    public static PayloadExpression IPv4Destination(NftRegister register) => new(NftPayloadBase.NetworkHeader, 16, 4, register);

    /// <summary><c>ip6 saddr</c></summary>
    public static PayloadExpression IPv6Source(NftRegister register) => new(NftPayloadBase.NetworkHeader, 8, 16, register);

    /// <summary><c>ip6 daddr</c></summary>
    public static PayloadExpression IPv6Destination(NftRegister register) => new(NftPayloadBase.NetworkHeader, 24, 16, register);

    /// <summary><c>th sport</c></summary>
    public static PayloadExpression SourcePort(NftRegister register) => new(NftPayloadBase.TransportHeader, 0, 2, register);

    /// <summary><c>th dport</c></summary>
    public static PayloadExpression DestinationPort(NftRegister register) => new(NftPayloadBase.TransportHeader, 2, 2, register);

    internal override void WriteAttributes(ref NlWriter writer)
    {
        writer.AddAttributeBigEndian(NFTA_PAYLOAD_DREG, Register.Number);
        writer.AddAttributeBigEndian(NFTA_PAYLOAD_BASE, (uint)Base);
        writer.AddAttributeBigEndian(NFTA_PAYLOAD_OFFSET, Offset);
        writer.AddAttributeBigEndian(NFTA_PAYLOAD_LEN, Length);
    }

    internal static NftExpression Read(NlAttributes data)
    {
        var value = new PayloadExpression(default, 0, 0, default);
        foreach (var attribute in data)
        {
            switch (attribute.Type)
            {
                case NFTA_PAYLOAD_DREG:
                    value = value with { Register = NftRegister.Read(attribute) };
                    break;
                case NFTA_PAYLOAD_BASE:
                    value = value with { Base = (NftPayloadBase)attribute.AsUInt32BigEndian() };
                    break;
                case NFTA_PAYLOAD_OFFSET:
                    value = value with { Offset = (int)attribute.AsUInt32BigEndian() };
                    break;
                case NFTA_PAYLOAD_LEN:
                    value = value with { Length = (int)attribute.AsUInt32BigEndian() };
                    break;
                case NFTA_PAYLOAD_SREG:
                    // It writes the packet instead of reading it: another expression of the same name.
                    return PayloadWriteExpression.Read(data);
                default:
                    return UnknownExpression.Read(KernelName, data);
            }
        }

        return value;
    }
}

/// <summary>Headers that a payload offset counts from (enum nft_payload_bases).</summary>
public enum NftPayloadBase : uint
{
    /// <summary>The link layer header.</summary>
    LinkHeader = 0,

    /// <summary>The IP header.</summary>
    NetworkHeader = 1,

    /// <summary>The TCP, UDP or SCTP header.</summary>
    TransportHeader = 2,
}
