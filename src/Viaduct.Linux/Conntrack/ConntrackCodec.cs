using System.Net;
using System.Net.Sockets;
using Viaduct.Linux.Netlink;
using static Viaduct.Linux.Native.ConntrackConstants;
using static Viaduct.Linux.Native.NfTablesConstants;

namespace Viaduct.Linux.Conntrack;

/// <summary>
/// CTA_TUPLE_*: CTA_TUPLE_IP { CTA_IP_V4_SRC, CTA_IP_V4_DST or the same of V6 }, CTA_TUPLE_PROTO { CTA_PROTO_NUM u8, CTA_PROTO_SRC_PORT be16,
/// CTA_PROTO_DST_PORT be16 }.
/// </summary>
internal static class ConntrackCodec
{
    public static void AddTuple(ref NlWriter writer, ushort type, ConntrackTuple tuple) =>
        AddTuple(ref writer, type, tuple.Source.Address, tuple.Destination.Address, tuple.Protocol, (ushort)tuple.Source.Port, (ushort)tuple.Destination.Port);

    // The kernel compares only what the flags name; the rest of a tuple may be missing (ctnetlink_parse_tuple_filter, Linux 5.8).
    // It compares IPv6 addresses the wrong way round, seen on Linux 6.18 (ctnetlink_filter_match_tuple), so those are left to Visit.
    public static void AddFilter(ref NlWriter writer, ConntrackFilter filter)
    {
        var (destination, source) = filter.Family == AddressFamily.InterNetworkV6 ? default : (filter.OriginalDestination, filter.ReplySource);
        var original = AddTuple(ref writer, CTA_TUPLE_ORIG, null, destination, filter.Protocol, null, filter.OriginalDestinationPort);
        var hasReply = source is not null || filter.ReplySourcePort is not null;
        var reply = hasReply ? AddTuple(ref writer, CTA_TUPLE_REPLY, source, null, filter.Protocol, filter.ReplySourcePort, null) : 0;
        var nested = writer.BeginNested(CTA_FILTER);
        writer.AddAttribute(CTA_FILTER_ORIG_FLAGS, original);
        writer.AddAttribute(CTA_FILTER_REPLY_FLAGS, reply);
        writer.EndNested(nested);
    }

    public static void Visit(NlMessage message, ConntrackFilter filter, ConntrackVisitor visit)
    {
        ConntrackTupleView original = default, reply = default;
        uint id = 0;
        var state = ConntrackTcpState.None;
        foreach (var attribute in message.Attributes(NFGENMSG_SIZE))
        {
            if (attribute.Type == CTA_TUPLE_ORIG)
                original = ReadTuple(attribute);
            else if (attribute.Type == CTA_TUPLE_REPLY)
                reply = ReadTuple(attribute);
            else if (attribute.Type == CTA_ID)
                id = attribute.AsUInt32BigEndian();
            else if (attribute.Type == CTA_PROTOINFO)
                state = ReadTcpState(attribute);
        }

        if (IsAddress(filter.OriginalDestination, original.Destination) && IsAddress(filter.ReplySource, reply.Source))
            visit(new ConntrackFlowView { Original = original, Reply = reply, Id = id, TcpState = state });
    }

    // CTA_PROTOINFO { CTA_PROTOINFO_TCP { CTA_PROTOINFO_TCP_STATE u8 } }
    private static ConntrackTcpState ReadTcpState(NlAttribute info)
    {
        foreach (var protocol in info.Nested())
        {
            if (protocol.Type != CTA_PROTOINFO_TCP)
                continue;
            foreach (var value in protocol.Nested())
            {
                if (value.Type == CTA_PROTOINFO_TCP_STATE)
                    return (ConntrackTcpState)value.AsByte();
            }
        }

        return ConntrackTcpState.None;
    }

    private static bool IsAddress(IPAddress? wanted, ReadOnlySpan<byte> bytes)
    {
        Span<byte> wantedBytes = stackalloc byte[16];
        return wanted is null || (wanted.TryWriteBytes(wantedBytes, out var length) && bytes.SequenceEqual(wantedBytes[..length]));
    }

    // Returns the CTA_FILTER_F_* flags of what it wrote.
    private static uint AddTuple(ref NlWriter writer, ushort type, IPAddress? source, IPAddress? destination, byte protocol, ushort? sourcePort, ushort? destinationPort)
    {
        var nested = writer.BeginNested(type);
        var flags = CTA_FILTER_F_CTA_PROTO_NUM;
        if (source is not null || destination is not null)
        {
            var ip = writer.BeginNested(CTA_TUPLE_IP);
            flags |= AddAddress(ref writer, CTA_IP_V4_SRC, CTA_IP_V6_SRC, source, CTA_FILTER_F_CTA_IP_SRC);
            flags |= AddAddress(ref writer, CTA_IP_V4_DST, CTA_IP_V6_DST, destination, CTA_FILTER_F_CTA_IP_DST);
            writer.EndNested(ip);
        }

        var inner = writer.BeginNested(CTA_TUPLE_PROTO);
        writer.AddAttribute(CTA_PROTO_NUM, protocol);
        flags |= AddPort(ref writer, CTA_PROTO_SRC_PORT, sourcePort, CTA_FILTER_F_CTA_PROTO_SRC_PORT);
        flags |= AddPort(ref writer, CTA_PROTO_DST_PORT, destinationPort, CTA_FILTER_F_CTA_PROTO_DST_PORT);
        writer.EndNested(inner);
        writer.EndNested(nested);
        return flags;
    }

    private static uint AddAddress(ref NlWriter writer, ushort type4, ushort type6, IPAddress? address, uint flag)
    {
        if (address is null)
            return 0;
        writer.AddAttribute(address.AddressFamily == AddressFamily.InterNetworkV6 ? type6 : type4, address.GetAddressBytes());
        return flag;
    }

    private static uint AddPort(ref NlWriter writer, ushort type, ushort? port, uint flag)
    {
        if (port is not { } value)
            return 0;
        writer.AddAttributeBigEndian(type, value);
        return flag;
    }

    private static ConntrackTupleView ReadTuple(NlAttribute tuple)
    {
        ReadOnlySpan<byte> source = default, destination = default;
        byte protocol = 0;
        ushort sourcePort = 0, destinationPort = 0;
        foreach (var part in tuple.Nested())
        {
            foreach (var value in part.Nested())
            {
                switch (part.Type, value.Type)
                {
                    case (CTA_TUPLE_IP, CTA_IP_V4_SRC or CTA_IP_V6_SRC):
                        source = value.Value;
                        break;
                    case (CTA_TUPLE_IP, CTA_IP_V4_DST or CTA_IP_V6_DST):
                        destination = value.Value;
                        break;
                    case (CTA_TUPLE_PROTO, CTA_PROTO_NUM):
                        protocol = value.AsByte();
                        break;
                    case (CTA_TUPLE_PROTO, CTA_PROTO_SRC_PORT):
                        sourcePort = value.AsUInt16BigEndian();
                        break;
                    case (CTA_TUPLE_PROTO, CTA_PROTO_DST_PORT):
                        destinationPort = value.AsUInt16BigEndian();
                        break;
                }
            }
        }

        return new ConntrackTupleView { Protocol = protocol, Source = source, Destination = destination, SourcePort = sourcePort, DestinationPort = destinationPort };
    }
}
