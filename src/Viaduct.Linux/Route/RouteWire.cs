using System.Net;
using System.Runtime.InteropServices;
using Viaduct.Linux.Native;
using Viaduct.Linux.Netlink;
using static Viaduct.Linux.Native.NetlinkConstants;
using static Viaduct.Linux.Native.RouteConstants;

namespace Viaduct.Linux.Route;

/// <summary>RTM_*ROUTE messages: struct rtmsg, then RTA_* attributes.</summary>
internal static class RouteWire
{
    public static NlWriter Add(RouteSpec spec) => Write(RTM_NEWROUTE, NLM_F_CREATE | NLM_F_EXCL, spec, Header(spec));

    public static NlWriter Replace(RouteSpec spec) => Write(RTM_NEWROUTE, NLM_F_CREATE | NLM_F_REPLACE, spec, Header(spec));

    // fib_table_delete(): a scope of "nowhere" matches any; so does protocol 0.
    public static NlWriter Delete(RouteSpec spec)
    {
        var header = Header(spec);
        header.rtm_scope = (byte)(spec.Scope ?? RouteScope.Nowhere);
        return Write(RTM_DELROUTE, 0, spec, header);
    }

    public static NlWriter List()
    {
        var w = new NlWriter();
        w.BeginMessage(RTM_GETROUTE, NLM_F_REQUEST | NLM_F_DUMP);
        w.AddHeader(default(rtmsg));
        w.EndMessage();
        return w;
    }

    public static RouteInfo? Read(NlMessage message, RouteTable table) => message.Type == RTM_NEWROUTE ? ReadRoute(message, table) : null;

    /// <summary>The route of a message of any type; null when it is none of that table.</summary>
    public static RouteInfo? ReadRoute(NlMessage message, RouteTable wanted = RouteTable.Main)
    {
        var header = message.Header<rtmsg>();
        var table = (uint)header.rtm_table;
        IPAddress? destination = null;
        var route = new RouteInfo
        {
            Destination = default,
            Protocol = header.rtm_protocol,
            Scope = (RouteScope)header.rtm_scope,
            Type = (RouteType)header.rtm_type,
            OnLink = (header.rtm_flags & RTNH_F_ONLINK) != 0,
        };
        foreach (var attribute in message.Attributes(Marshal.SizeOf<rtmsg>()))
        {
            if (attribute.Type == RTA_TABLE)
                table = attribute.AsUInt32();
            else if (attribute.Type == RTA_DST)
                destination = Family.ReadAddress(attribute, header.rtm_family);
            else
                route = ReadAttribute(route, attribute, header.rtm_family);
        }
        if (table != (uint)wanted || header.rtm_family is not (Libc.AF_INET or Libc.AF_INET6))
            return null;
        return route with { Destination = new IPNetwork(destination ?? Family.Any(header.rtm_family), header.rtm_dst_len) };
    }

    private static RouteInfo ReadAttribute(RouteInfo route, NlAttribute attribute, byte family) => attribute.Type switch
    {
        RTA_GATEWAY => route with { Gateway = Family.ReadAddress(attribute, family) },
        RTA_OIF => route with { LinkIndex = attribute.AsInt32() },
        RTA_PRIORITY => route with { Metric = attribute.AsUInt32() },
        RTA_PREFSRC => route with { Source = Family.ReadAddress(attribute, family) },
        _ => route,
    };

    private static NlWriter Write(ushort type, int flags, RouteSpec spec, scoped in rtmsg header)
    {
        var w = new NlWriter();
        w.BeginMessage(type, (ushort)(NLM_F_REQUEST | NLM_F_ACK | flags));
        w.AddHeader(header);
        if (spec.Destination is { PrefixLength: > 0 } destination)
            w.AddAttribute(RTA_DST, destination.BaseAddress.GetAddressBytes());
        if (spec.Gateway is { } gateway)
            w.AddAttribute(RTA_GATEWAY, gateway.GetAddressBytes());
        if (spec.LinkIndex is { } link)
            w.AddAttribute(RTA_OIF, link);
        if (spec.Metric is { } metric)
            w.AddAttribute(RTA_PRIORITY, metric);
        if (spec.Source is { } source)
            w.AddAttribute(RTA_PREFSRC, source.GetAddressBytes());
        w.EndMessage();
        return w;
    }

    private static rtmsg Header(RouteSpec spec) => new()
    {
        rtm_family = Family.Of(spec.Destination?.BaseAddress ?? spec.Gateway ?? spec.Source ?? IPAddress.Any),
        rtm_dst_len = (byte)(spec.Destination?.PrefixLength ?? 0),
        rtm_table = (byte)spec.Table,
        rtm_protocol = spec.Protocol,
        rtm_scope = (byte)(spec.Scope ?? DefaultScope(spec)),
        rtm_type = (byte)spec.Type,
        rtm_flags = spec.OnLink ? RTNH_F_ONLINK : 0,
    };

    private static RouteScope DefaultScope(RouteSpec spec) => spec.Type switch
    {
        RouteType.Local => RouteScope.Host,
        RouteType.Unicast when spec.Gateway is null => RouteScope.Link,
        _ => RouteScope.Universe,
    };
}
