using System.Net.Sockets;
using Viaduct.Linux.Namespaces;
using Viaduct.Linux.Netlink;
using static Viaduct.Linux.Native.ConntrackConstants;
using static Viaduct.Linux.Native.NetlinkConstants;
using static Viaduct.Linux.Native.NfTablesConstants;

namespace Viaduct.Linux.Conntrack;

/// <summary>Reads and deletes the tracked flows of one network namespace. Safe for use by several threads.</summary>
public sealed class ConntrackClient : IDisposable
{
    private readonly NetlinkChannel channel;

    /// <summary>For the calling thread's network namespace, whichever thread uses the client.</summary>
    public ConntrackClient()
        : this(new NetlinkSocket(NETLINK_NETFILTER))
    {
    }

    /// <summary>Over a given transport, which the client then owns.</summary>
    public ConntrackClient(INetlinkTransport transport) => channel = new NetlinkChannel(transport);

    /// <summary>For another network namespace.</summary>
    public static ConntrackClient In(NetNamespace ns) => ns.Run(() => new ConntrackClient());

    /// <inheritdoc/>
    public void Dispose() => channel.Dispose();

    /// <summary>Lists the IPv4 flows of a transport protocol; the kernel leaves out all others. Like <c>conntrack -L -p</c>.</summary>
    public IReadOnlyList<ConntrackFlow> List(byte protocol) => List(new ConntrackFilter(AddressFamily.InterNetwork, protocol));

    /// <summary>Lists the flows that the filter lets through. Like <c>conntrack -L</c>.</summary>
    public IReadOnlyList<ConntrackFlow> List(ConntrackFilter filter)
    {
        var flows = new List<ConntrackFlow>();
        Read(filter, flows.Clear, (in flow) => flows.Add(flow.ToFlow()));
        return flows;
    }

    /// <summary>Shows the flows that the filter lets through one by one as they come from the kernel; the visitor must not use this client.</summary>
    /// <param name="filter">Which flows.</param>
    /// <param name="begin">Called before the first flow, and again if the list begins anew.</param>
    /// <param name="visit">Called for each flow.</param>
    public void Read(ConntrackFilter filter, Action begin, ConntrackVisitor visit)
    {
        var writer = new NlWriter(256);
        try
        {
            BeginMessage(ref writer, IPCTNL_MSG_CT_GET, NLM_F_REQUEST | NLM_F_DUMP, filter.Family);
            ConntrackCodec.AddFilter(ref writer, filter);
            writer.EndMessage();
            channel.Visit(ref writer, $"listing tracked flows of protocol {filter.Protocol}", begin, message => ConntrackCodec.Visit(message, filter, visit));
        }
        finally
        {
            writer.Dispose();
        }
    }

    /// <summary>Forgets a flow, so that its next packet is the first of a new one. False if it is gone already. Like <c>conntrack -D</c>.</summary>
    public bool Delete(ConntrackFlow flow) => Delete(flow.Original, flow.Id);

    /// <summary>Forgets the flow with this original direction, or only the one of it with this number. False if there is none.</summary>
    public bool Delete(ConntrackTuple original, uint? id = null)
    {
        var writer = new NlWriter(256);
        try
        {
            BeginMessage(ref writer, IPCTNL_MSG_CT_DELETE, NLM_F_REQUEST | NLM_F_ACK, original.Source.AddressFamily);
            ConntrackCodec.AddTuple(ref writer, CTA_TUPLE_ORIG, original);
            if (id is { } number)
                writer.AddAttributeBigEndian(CTA_ID, number);
            writer.EndMessage();
            channel.Execute(ref writer, $"deleting tracked flow {original}");
            return true;
        }
        catch (NetlinkException e) when (e.IsNotFound)
        {
            return false;
        }
        finally
        {
            writer.Dispose();
        }
    }

    private static void BeginMessage(ref NlWriter writer, ushort type, int flags, AddressFamily family)
    {
        writer.BeginMessage((ushort)((NFNL_SUBSYS_CTNETLINK << 8) | type), (ushort)flags);
        writer.AddHeader(NFGENMSG_SIZE)[0] = family == AddressFamily.InterNetworkV6 ? NFPROTO_IPV6 : NFPROTO_IPV4;
    }
}
