using System.Runtime.InteropServices;
using Viaduct.Linux.Native;
using Viaduct.Linux.Netlink;
using static Viaduct.Linux.Native.NetlinkConstants;
using static Viaduct.Linux.Native.RouteConstants;

namespace Viaduct.Linux.Route;

/// <summary>RTM_*LINK messages: struct ifinfomsg, then IFLA_* attributes.</summary>
internal static class LinkWire
{
    public static NlWriter Add(LinkSpec spec)
    {
        var w = Begin(RTM_NEWLINK, NLM_F_REQUEST | NLM_F_ACK | NLM_F_CREATE | NLM_F_EXCL, Flags(spec.Up));
        WriteCommon(ref w, spec.Name, spec.Address, spec.Mtu);
        if (spec.Master is { } master)
            w.AddAttribute(IFLA_MASTER, master);
        var info = w.BeginNested(IFLA_LINKINFO);
        w.AddAttribute(IFLA_INFO_KIND, spec.Kind);
        if (spec is VethSpec veth)
            WriteVethData(ref w, veth);
        else if (spec is VxlanSpec vxlan)
            VxlanWire.Write(ref w, vxlan);
        w.EndNested(info);
        w.EndMessage();
        return w;
    }

    // VETH_INFO_PEER { struct ifinfomsg; IFLA_* of the peer }: veth_newlink() makes both ends in one step, the peer in IFLA_NET_NS_FD.
    private static void WriteVethData(ref NlWriter w, VethSpec veth)
    {
        var data = w.BeginNested(IFLA_INFO_DATA);
        var peer = w.BeginNestedUnmarked(VETH_INFO_PEER);
        w.AddHeader(default(ifinfomsg));
        WriteCommon(ref w, veth.PeerName, veth.PeerAddress, veth.Mtu);
        if (veth.PeerNamespace is { } ns)
            w.AddAttribute(IFLA_NET_NS_FD, (int)ns.Handle.DangerousGetHandle());
        w.EndNested(peer);
        w.EndNested(data);
    }

    public static NlWriter Change(int index, LinkChange change)
    {
        var header = Flags(change.Up ?? false);
        header.ifi_change = change.Up is null ? 0 : IFF_UP;
        header.ifi_index = index;
        var w = Begin(RTM_NEWLINK, NLM_F_REQUEST | NLM_F_ACK, header);
        WriteCommon(ref w, change.Name, change.Address, change.Mtu);
        if (change.Master is { } master)
            w.AddAttribute(IFLA_MASTER, master);
        if (change.Namespace is { } ns)
            w.AddAttribute(IFLA_NET_NS_FD, (int)ns.Handle.DangerousGetHandle());
        if (change.Bridge is { } bridge)
            WriteBridge(ref w, bridge);
        w.EndMessage();
        return w;
    }

    // br_changelink(): times are in clock_t, hundredths of a second.
    private static void WriteBridge(ref NlWriter w, BridgeChange change)
    {
        var info = w.BeginNested(IFLA_LINKINFO);
        w.AddAttribute(IFLA_INFO_KIND, "bridge");
        var data = w.BeginNested(IFLA_INFO_DATA);
        foreach (var (attribute, time) in ((ushort, TimeSpan?)[])[(IFLA_BR_FORWARD_DELAY, change.ForwardDelay), (IFLA_BR_HELLO_TIME, change.HelloTime), (IFLA_BR_AGEING_TIME, change.AgeingTime)])
        {
            if (time is { } given)
                w.AddAttribute(attribute, (int)(given.TotalMilliseconds / 10));
        }

        if (change.Stp is { } stp)
            w.AddAttribute(IFLA_BR_STP_STATE, stp ? 1 : 0);
        WriteFlag(ref w, IFLA_BR_MCAST_SNOOPING, change.MulticastSnooping);
        WriteFlag(ref w, IFLA_BR_NF_CALL_IPTABLES, change.CallIptables);
        w.EndNested(data);
        w.EndNested(info);
    }

    private static void WriteFlag(ref NlWriter w, ushort attribute, bool? value)
    {
        if (value is { } given)
            w.AddAttribute(attribute, (byte)(given ? 1 : 0));
    }

    // br_setlink() takes IFLA_PROTINFO { IFLA_BRPORT_* } in the family AF_BRIDGE.
    public static NlWriter BridgePort(int index, LinkChange change)
    {
        var w = Begin(RTM_SETLINK, NLM_F_REQUEST | NLM_F_ACK, new ifinfomsg { ifi_family = Libc.AF_BRIDGE, ifi_index = index });
        var port = w.BeginNested(IFLA_PROTINFO);
        WriteFlag(ref w, IFLA_BRPORT_MODE, change.HairpinMode);
        WriteFlag(ref w, IFLA_BRPORT_LEARNING, change.Learning);
        WriteFlag(ref w, IFLA_BRPORT_UNICAST_FLOOD, change.UnicastFlood);
        WriteFlag(ref w, IFLA_BRPORT_LOCKED, change.Locked);
        w.EndNested(port);
        w.EndMessage();
        return w;
    }

    public static NlWriter Get(string name)
    {
        var w = Begin(RTM_GETLINK, NLM_F_REQUEST | NLM_F_ACK, default);
        w.AddAttribute(IFLA_IFNAME, name);
        w.EndMessage();
        return w;
    }

    public static NlWriter List()
    {
        var w = Begin(RTM_GETLINK, NLM_F_REQUEST | NLM_F_DUMP, default);
        w.EndMessage();
        return w;
    }

    public static NlWriter Delete(int index)
    {
        var w = Begin(RTM_DELLINK, NLM_F_REQUEST | NLM_F_ACK, new ifinfomsg { ifi_index = index });
        w.EndMessage();
        return w;
    }

    public static LinkInfo? Read(NlMessage message)
    {
        return message.Type == RTM_NEWLINK ? ReadLink(message) : null;
    }

    /// <summary>The link of a message of any type; of RTM_DELLINK, what it was.</summary>
    public static LinkInfo ReadLink(NlMessage message)
    {
        var header = message.Header<ifinfomsg>();
        var link = new LinkInfo
        {
            Index = header.ifi_index,
            Name = "",
            IsLoopback = (header.ifi_flags & IFF_LOOPBACK) != 0,
            IsUp = (header.ifi_flags & IFF_UP) != 0,
            IsRunning = (header.ifi_flags & IFF_RUNNING) != 0,
        };
        foreach (var attribute in message.Attributes(Marshal.SizeOf<ifinfomsg>()))
            link = ReadAttribute(link, attribute);
        return link;
    }

    private static LinkInfo ReadAttribute(LinkInfo link, NlAttribute attribute) => attribute.Type switch
    {
        IFLA_IFNAME => link with { Name = attribute.AsString() },
        IFLA_ADDRESS when attribute.Value.Length == 6 => link with { Address = MacAddress.FromBytes(attribute.Value) },
        IFLA_MTU => link with { Mtu = attribute.AsInt32() },
        IFLA_LINK => link with { LinkIndex = attribute.AsInt32() },
        IFLA_LINK_NETNSID => link with { LinkNamespaceId = attribute.AsInt32() },
        IFLA_MASTER => link with { Master = attribute.AsInt32() },
        IFLA_PROMISCUITY => link with { Promiscuity = attribute.AsInt32() },
        IFLA_LINKINFO => ReadInfo(link, attribute.Nested()),
        _ => link,
    };

    private static LinkInfo ReadInfo(LinkInfo link, NlAttributes attributes)
    {
        var slaveKind = "";
        foreach (var attribute in attributes)
        {
            if (attribute.Type == IFLA_INFO_KIND)
                link = link with { Kind = attribute.AsString() };
            else if (attribute.Type == IFLA_INFO_DATA && link.Kind == "vxlan")
                link = link with { Vxlan = VxlanWire.Read(attribute.Nested()) };
            else if (attribute.Type == IFLA_INFO_SLAVE_KIND)
                slaveKind = attribute.AsString();
            else if (attribute.Type == IFLA_INFO_SLAVE_DATA && slaveKind == "bridge")
                link = ReadPort(link, attribute.Nested());
        }
        return link;
    }

    private static LinkInfo ReadPort(LinkInfo link, NlAttributes port)
    {
        foreach (var attribute in port)
        {
            link = attribute.Type switch
            {
                IFLA_BRPORT_MODE => link with { HairpinMode = attribute.AsByte() != 0 },
                IFLA_BRPORT_STATE => link with { PortState = (BridgePortState)attribute.AsByte() },
                _ => link,
            };
        }

        return link;
    }

    private static void WriteCommon(ref NlWriter w, string? name, MacAddress? address, int? mtu)
    {
        if (name is not null)
            w.AddAttribute(IFLA_IFNAME, name);
        if (address is { } mac)
            w.AddAttribute(IFLA_ADDRESS, mac.ToBytes());
        if (mtu is { } bytes)
            w.AddAttribute(IFLA_MTU, bytes);
    }

    private static ifinfomsg Flags(bool up) => up ? new ifinfomsg { ifi_flags = IFF_UP, ifi_change = IFF_UP } : default;

    private static NlWriter Begin(ushort type, int flags, scoped in ifinfomsg header)
    {
        var w = new NlWriter();
        w.BeginMessage(type, (ushort)flags);
        w.AddHeader(header);
        return w;
    }
}
