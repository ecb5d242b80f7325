using System.Net;
using System.Runtime.InteropServices;
using Viaduct.Linux.Native;
using Viaduct.Linux.Netlink;
using static Viaduct.Linux.Native.NetlinkConstants;
using static Viaduct.Linux.Native.RouteConstants;

namespace Viaduct.Linux.Route;

/// <summary>RTM_*NEIGH messages: struct ndmsg, then NDA_* attributes.</summary>
internal static class NeighborWire
{
    public static NlWriter Replace(NeighborSpec spec)
    {
        var w = Begin(RTM_NEWNEIGH, NLM_F_CREATE | NLM_F_REPLACE, spec.LinkIndex, spec.Address);
        w.AddAttribute(NDA_LLADDR, spec.LinkAddress.ToBytes());
        w.EndMessage();
        return w;
    }

    public static NlWriter Delete(int linkIndex, IPAddress address)
    {
        var w = Begin(RTM_DELNEIGH, 0, linkIndex, address);
        w.EndMessage();
        return w;
    }

    public static NlWriter List(int? linkIndex)
    {
        var w = new NlWriter();
        w.BeginMessage(RTM_GETNEIGH, NLM_F_REQUEST | NLM_F_DUMP);
        w.AddHeader(default(ndmsg));
        if (linkIndex is { } index)
            w.AddAttribute(NDA_IFINDEX, index);
        w.EndMessage();
        return w;
    }

    public static NeighborInfo? Read(NlMessage message) => message.Type == RTM_NEWNEIGH ? ReadNeighbor(message) : null;

    /// <summary>The entry of a message of any type; null when it is none of IPv4 or IPv6.</summary>
    public static NeighborInfo? ReadNeighbor(NlMessage message)
    {
        var header = message.Header<ndmsg>();
        IPAddress? address = null;
        MacAddress? linkAddress = null;
        foreach (var attribute in message.Attributes(Marshal.SizeOf<ndmsg>()))
        {
            if (attribute.Type == NDA_DST)
                address = Family.ReadAddress(attribute, header.ndm_family);
            else if (attribute.Type == NDA_LLADDR && attribute.Value.Length == 6)
                linkAddress = MacAddress.FromBytes(attribute.Value);
        }
        return address is null ? null : new NeighborInfo { LinkIndex = header.ndm_ifindex, Address = address, LinkAddress = linkAddress, State = header.ndm_state };
    }

    private static NlWriter Begin(ushort type, int flags, int linkIndex, IPAddress address)
    {
        var w = new NlWriter();
        w.BeginMessage(type, (ushort)(NLM_F_REQUEST | NLM_F_ACK | flags));
        w.AddHeader(new ndmsg { ndm_family = Family.Of(address), ndm_ifindex = linkIndex, ndm_state = NUD_PERMANENT });
        w.AddAttribute(NDA_DST, address.GetAddressBytes());
        return w;
    }
}
