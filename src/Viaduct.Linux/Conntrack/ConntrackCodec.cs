using System.Net;
using Viaduct.Linux.Netlink;
using static Viaduct.Linux.Native.ConntrackConstants;
using static Viaduct.Linux.Native.NfTablesConstants;

namespace Viaduct.Linux.Conntrack;

/// <summary>CTA_TUPLE_*: CTA_TUPLE_IP { CTA_IP_V4_SRC, CTA_IP_V4_DST }, CTA_TUPLE_PROTO { CTA_PROTO_NUM u8, CTA_PROTO_SRC_PORT be16, CTA_PROTO_DST_PORT be16 }.</summary>
internal static class ConntrackCodec
{
    public static void AddTuple(ref NlWriter writer, ushort type, ConntrackTuple tuple)
    {
        var nested = writer.BeginNested(type);
        var ip = writer.BeginNested(CTA_TUPLE_IP);
        writer.AddAttribute(CTA_IP_V4_SRC, tuple.Source.Address.GetAddressBytes());
        writer.AddAttribute(CTA_IP_V4_DST, tuple.Destination.Address.GetAddressBytes());
        writer.EndNested(ip);
        var protocol = writer.BeginNested(CTA_TUPLE_PROTO);
        writer.AddAttribute(CTA_PROTO_NUM, tuple.Protocol);
        writer.AddAttributeBigEndian(CTA_PROTO_SRC_PORT, (ushort)tuple.Source.Port);
        writer.AddAttributeBigEndian(CTA_PROTO_DST_PORT, (ushort)tuple.Destination.Port);
        writer.EndNested(protocol);
        writer.EndNested(nested);
    }

    // The kernel compares only what the flags name; the rest of the tuple may be missing (ctnetlink_parse_tuple_filter, Linux 5.8).
    public static void AddProtocolFilter(ref NlWriter writer, byte protocol)
    {
        var tuple = writer.BeginNested(CTA_TUPLE_ORIG);
        var inner = writer.BeginNested(CTA_TUPLE_PROTO);
        writer.AddAttribute(CTA_PROTO_NUM, protocol);
        writer.EndNested(inner);
        writer.EndNested(tuple);
        var filter = writer.BeginNested(CTA_FILTER);
        writer.AddAttribute(CTA_FILTER_ORIG_FLAGS, CTA_FILTER_F_CTA_PROTO_NUM);
        writer.AddAttribute(CTA_FILTER_REPLY_FLAGS, 0u);
        writer.EndNested(filter);
    }

    public static ConntrackFlow? Read(NlMessage message)
    {
        ConntrackTuple? original = null, reply = null;
        uint id = 0;
        foreach (var attribute in message.Attributes(NFGENMSG_SIZE))
        {
            if (attribute.Type == CTA_TUPLE_ORIG)
                original = ReadTuple(attribute);
            else if (attribute.Type == CTA_TUPLE_REPLY)
                reply = ReadTuple(attribute);
            else if (attribute.Type == CTA_ID)
                id = attribute.AsUInt32BigEndian();
        }

        return original is null || reply is null ? null : new ConntrackFlow(original, reply, id);
    }

    private static ConntrackTuple ReadTuple(NlAttribute tuple)
    {
        IPAddress source = IPAddress.None, destination = IPAddress.None;
        byte protocol = 0;
        ushort sourcePort = 0, destinationPort = 0;
        foreach (var part in tuple.Nested())
        {
            foreach (var value in part.Nested())
            {
                switch (part.Type, value.Type)
                {
                    case (CTA_TUPLE_IP, CTA_IP_V4_SRC or CTA_IP_V6_SRC):
                        source = new IPAddress(value.Value);
                        break;
                    case (CTA_TUPLE_IP, CTA_IP_V4_DST or CTA_IP_V6_DST):
                        destination = new IPAddress(value.Value);
                        break;
                    case (CTA_TUPLE_PROTO, CTA_PROTO_NUM):
                        protocol = value.Value[0];
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

        return new ConntrackTuple(protocol, new IPEndPoint(source, sourcePort), new IPEndPoint(destination, destinationPort));
    }
}
