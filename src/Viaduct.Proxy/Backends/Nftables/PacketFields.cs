using System.Net;
using Viaduct.Linux.Nftables;
using Viaduct.Linux.Nftables.Expressions;
using Viaduct.Proxy.Model;

namespace Viaduct.Proxy.Backends.Nftables;

/// <summary>What rules of one IP family load from a packet, and how many registers that takes.</summary>
internal sealed class PacketFields(IPFamily family)
{
    public bool IsIPv4 => family == IPFamily.IPv4;

    public NftFamily Family => IsIPv4 ? NftFamily.IPv4 : NftFamily.IPv6;

    public NftType AddressType => IsIPv4 ? NftType.IPv4Address : NftType.IPv6Address;

    /// <summary>Words of an address.</summary>
    public int AddressWords => IsIPv4 ? 1 : 4;

    /// <summary>Words of <c>daddr . l4proto . dport</c>.</summary>
    public int FrontendWords => AddressWords + 2;

    public PayloadExpression Source(NftRegister to) => IsIPv4 ? PayloadExpression.IPv4Source(to) : PayloadExpression.IPv6Source(to);

    public PayloadExpression Destination(NftRegister to) => IsIPv4 ? PayloadExpression.IPv4Destination(to) : PayloadExpression.IPv6Destination(to);

    /// <summary>The source address and what follows it in the header: up to four words more than two addresses, which every packet has.</summary>
    public PayloadExpression HeaderBytes(NftRegister to, int words) => new(NftPayloadBase.NetworkHeader, IsIPv4 ? 12 : 8, words * 4, to);

    public NftExpression[] Frontend(NftRegister to) => [Destination(to), .. ProtocolPort(to.Plus(AddressWords))];

    public static NftExpression[] ProtocolPort(NftRegister to) =>
        [new MetaExpression(NftMetaKey.L4Protocol, to), PayloadExpression.DestinationPort(to.Plus(1))];

    /// <summary>Where the client connected to, before translation.</summary>
    public ConntrackExpression OriginalDestination(NftRegister to) =>
        new(IsIPv4 ? NftConntrackKey.DestinationIPv4 : NftConntrackKey.DestinationIPv6, to, NftDirection.Original);

    public NftExpression[] OriginalFrontend(NftRegister to) => [OriginalDestination(to), .. OriginalProtocolPort(to.Plus(AddressWords))];

    public static NftExpression[] OriginalProtocolPort(NftRegister to) =>
        [new MetaExpression(NftMetaKey.L4Protocol, to), new ConntrackExpression(NftConntrackKey.DestinationPort, to.Plus(1), NftDirection.Original)];

    public static NftExpression[] IsLocal(bool isSource, NftRegister scratch) =>
        [new FibExpression(isSource, scratch), new CompareExpression(NftCompare.Equal, scratch, FibExpression.Local)];

    public NftExpression[] DestinationIsLoopback(NftCompare compare, NftRegister scratch) => IsIPv4
        ? [new PayloadExpression(NftPayloadBase.NetworkHeader, 16, 1, scratch), new CompareExpression(compare, scratch, NftData.Byte(127))]
        : [Destination(scratch), new CompareExpression(compare, scratch, NftData.Address(IPAddress.IPv6Loopback))];

    /// <summary>Whether the source address is in a network.</summary>
    public NftExpression[] SourceIn(IPNetwork network, NftCompare compare, NftRegister scratch)
    {
        var mask = new byte[network.BaseAddress.GetAddressBytes().Length];
        for (var bit = 0; bit < network.PrefixLength; bit++)
            mask[bit / 8] |= (byte)(0x80 >> (bit % 8));
        return
        [
            Source(scratch),
            BitwiseExpression.And(scratch, new NftData(mask)),
            new CompareExpression(compare, scratch, NftData.Address(network.BaseAddress)),
        ];
    }

    public RejectExpression PortUnreachable => IsIPv4 ? RejectExpression.IcmpPortUnreachable : RejectExpression.Icmpv6PortUnreachable;
}
