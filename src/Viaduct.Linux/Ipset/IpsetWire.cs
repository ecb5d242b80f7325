using System.Net;
using System.Net.Sockets;
using Viaduct.Linux.Netlink;
using static Viaduct.Linux.Native.ConntrackConstants;
using static Viaduct.Linux.Native.IpsetConstants;
using static Viaduct.Linux.Native.NetlinkConstants;
using static Viaduct.Linux.Native.NfTablesConstants;

namespace Viaduct.Linux.Ipset;

/// <summary>
/// Messages of nfnetlink's subsystem 6 (net/netfilter/ipset/ip_set_core.c): struct nfgenmsg, IPSET_ATTR_PROTOCOL u8, then IPSET_ATTR_*. Numbers are
/// in network order and must say so with NLA_F_NET_BYTEORDER (ip_set_attr_netorder).
/// </summary>
internal static class IpsetWire
{
    public static void Begin(ref NlWriter w, ushort command, int flags, string? set = null)
    {
        w.BeginMessage((ushort)((NFNL_SUBSYS_IPSET << 8) | command), (ushort)(NLM_F_REQUEST | flags));
        w.AddHeader(NFGENMSG_SIZE)[0] = NFPROTO_IPV4;
        w.AddAttribute(IPSET_ATTR_PROTOCOL, IPSET_PROTOCOL);
        if (set is not null)
            w.AddAttribute(IPSET_ATTR_SETNAME, set);
    }

    public static NlWriter Command(ushort command, string set)
    {
        var w = new NlWriter(128);
        Begin(ref w, command, NLM_F_ACK, set);
        w.EndMessage();
        return w;
    }

    public static NlWriter Create(IpsetSpec spec, byte revision)
    {
        var w = new NlWriter(256);
        Begin(ref w, IPSET_CMD_CREATE, NLM_F_ACK | NLM_F_CREATE | NLM_F_EXCL, spec.Name);
        w.AddAttribute(IPSET_ATTR_TYPENAME, spec.Type);
        w.AddAttribute(IPSET_ATTR_REVISION, revision);
        w.AddAttribute(IPSET_ATTR_FAMILY, FamilyOf(spec.Family));
        var data = w.BeginNested(IPSET_ATTR_DATA);
        AddNumber(ref w, IPSET_ATTR_MAXELEM, spec.MaxEntries);
        if (spec.HasMarks)
            AddNumber(ref w, IPSET_ATTR_CADT_FLAGS, IPSET_FLAG_WITH_SKBINFO);
        w.EndNested(data);
        w.EndMessage();
        return w;
    }

    // The kernel's answer has the newest revision as IPSET_ATTR_REVISION and the oldest beside it.
    public static NlWriter GetType(string type, AddressFamily family)
    {
        var w = new NlWriter(128);
        Begin(ref w, IPSET_CMD_TYPE, NLM_F_ACK);
        w.AddAttribute(IPSET_ATTR_TYPENAME, type);
        w.AddAttribute(IPSET_ATTR_FAMILY, FamilyOf(family));
        w.EndMessage();
        return w;
    }

    public static NlWriter List(string? set, bool headersOnly)
    {
        var w = new NlWriter(128);
        Begin(ref w, IPSET_CMD_LIST, NLM_F_DUMP, set);
        if (headersOnly)
            AddNumber(ref w, IPSET_ATTR_FLAGS, IPSET_FLAG_LIST_HEADER);
        w.EndMessage();
        return w;
    }

    // IPSET_ATTR_ADT { IPSET_ATTR_DATA { ... } ... } takes many entries; IPSET_ATTR_LINENO must then be there, and is told of the one that failed.
    public static void WriteEntries(ref NlWriter w, ushort command, string set, IReadOnlyList<IpsetEntry> entries, int first, int count)
    {
        // Without NLM_F_EXCL neither adding what is there nor deleting what is not is an error (flag_exist).
        Begin(ref w, command, NLM_F_ACK, set);
        w.AddAttribute(IPSET_ATTR_LINENO, 0u);
        var list = w.BeginNested(IPSET_ATTR_ADT);
        for (var i = 0; i < count; i++)
            AddEntry(ref w, entries[first + i], i);
        w.EndNested(list);
        w.EndMessage();
    }

    public static byte? ReadRevision(NlMessage message)
    {
        foreach (var attribute in message.Attributes(NFGENMSG_SIZE))
        {
            if (attribute.Type == IPSET_ATTR_REVISION)
                return attribute.AsByte();
        }

        return null;
    }

    public static IpsetInfo? ReadSet(NlMessage message)
    {
        var set = new IpsetInfo { Name = "", Type = "" };
        foreach (var attribute in message.Attributes(NFGENMSG_SIZE))
        {
            set = attribute.Type switch
            {
                IPSET_ATTR_SETNAME => set with { Name = attribute.AsString() },
                IPSET_ATTR_TYPENAME => set with { Type = attribute.AsString() },
                IPSET_ATTR_FAMILY => set with { Family = attribute.AsByte() == NFPROTO_IPV6 ? AddressFamily.InterNetworkV6 : AddressFamily.InterNetwork },
                IPSET_ATTR_DATA => ReadProperties(set, attribute.Nested()),
                _ => set,
            };
        }

        // A set with many entries takes several messages; only the first has the type.
        return set.Type.Length == 0 ? null : set;
    }

    public static void ReadEntries(NlMessage message, List<IpsetEntry> entries)
    {
        foreach (var attribute in message.Attributes(NFGENMSG_SIZE))
        {
            if (attribute.Type != IPSET_ATTR_ADT)
                continue;
            foreach (var entry in attribute.Nested())
                entries.Add(ReadEntry(entry.Nested()));
        }
    }

    private static IpsetInfo ReadProperties(IpsetInfo set, NlAttributes properties)
    {
        foreach (var property in properties)
        {
            if (property.Type == IPSET_ATTR_MAXELEM)
                set = set with { MaxEntries = property.AsUInt32BigEndian() };
            else if (property.Type == IPSET_ATTR_ELEMENTS)
                set = set with { Entries = property.AsUInt32BigEndian() };
            else if (property.Type == IPSET_ATTR_CADT_FLAGS)
                set = set with { HasMarks = (property.AsUInt32BigEndian() & IPSET_FLAG_WITH_SKBINFO) != 0 };
        }

        return set;
    }

    private static void AddEntry(ref NlWriter w, in IpsetEntry entry, int line)
    {
        var data = w.BeginNested(IPSET_ATTR_DATA);
        AddAddress(ref w, IPSET_ATTR_IP, entry.Address);
        if (entry.Prefix is { } prefix)
            w.AddAttribute(IPSET_ATTR_CIDR, prefix);
        if (entry.Port is { } port)
        {
            w.AddAttributeBigEndian(IPSET_ATTR_PORT | NLA_F_NET_BYTEORDER, port);
            w.AddAttribute(IPSET_ATTR_PROTO, entry.Protocol);
        }

        if (entry.SecondAddress is { } second)
            AddAddress(ref w, IPSET_ATTR_IP2, second);
        if (entry.SecondPrefix is { } secondPrefix)
            w.AddAttribute(IPSET_ATTR_CIDR2, secondPrefix);
        if (entry.Mark is { } mark)
            w.AddAttributeBigEndian(IPSET_ATTR_SKBMARK | NLA_F_NET_BYTEORDER, ((ulong)mark << 32) | uint.MaxValue);
        w.AddAttribute(IPSET_ATTR_LINENO, (uint)line);
        w.EndNested(data);
    }

    // IPSET_ATTR_IP { IPSET_ATTR_IPADDR_IPV4 be32 | IPSET_ATTR_IPADDR_IPV6 in6_addr }
    private static void AddAddress(ref NlWriter w, ushort type, IPAddress address)
    {
        Span<byte> bytes = stackalloc byte[16];
        address.TryWriteBytes(bytes, out var length);
        var nested = w.BeginNested(type);
        w.AddAttribute((ushort)((length == 4 ? IPSET_ATTR_IPADDR_IPV4 : IPSET_ATTR_IPADDR_IPV6) | NLA_F_NET_BYTEORDER), bytes[..length]);
        w.EndNested(nested);
    }

    private static IpsetEntry ReadEntry(NlAttributes attributes)
    {
        var entry = new IpsetEntry { Address = IPAddress.None };
        foreach (var attribute in attributes)
        {
            entry = attribute.Type switch
            {
                IPSET_ATTR_IP => entry with { Address = ReadAddress(attribute.Nested()) },
                IPSET_ATTR_CIDR => entry with { Prefix = attribute.AsByte() },
                IPSET_ATTR_PORT => entry with { Port = attribute.AsUInt16BigEndian() },
                IPSET_ATTR_PROTO => entry with { Protocol = attribute.AsByte() },
                IPSET_ATTR_IP2 => entry with { SecondAddress = ReadAddress(attribute.Nested()) },
                IPSET_ATTR_CIDR2 => entry with { SecondPrefix = attribute.AsByte() },
                IPSET_ATTR_SKBMARK => entry with { Mark = ReadMark(attribute) },
                _ => entry,
            };
        }

        return entry;
    }

    private static uint? ReadMark(NlAttribute attribute)
    {
        var value = attribute.AsUInt64BigEndian();
        return (uint)value == 0 ? null : (uint)(value >> 32);
    }

    private static IPAddress ReadAddress(NlAttributes attributes)
    {
        foreach (var attribute in attributes)
        {
            if ((attribute.Type, attribute.Value.Length) is (IPSET_ATTR_IPADDR_IPV4, 4) or (IPSET_ATTR_IPADDR_IPV6, 16))
                return new IPAddress(attribute.Value);
        }

        return IPAddress.None;
    }

    private static void AddNumber(ref NlWriter w, ushort type, uint value) => w.AddAttributeBigEndian((ushort)(type | NLA_F_NET_BYTEORDER), value);

    private static byte FamilyOf(AddressFamily family) => family == AddressFamily.InterNetworkV6 ? NFPROTO_IPV6 : NFPROTO_IPV4;
}
