using Viaduct.Linux.Namespaces;
using Viaduct.Linux.Netlink;
using static Viaduct.Linux.Native.ConntrackConstants;
using static Viaduct.Linux.Native.NetlinkConstants;
using static Viaduct.Linux.Native.NfTablesConstants;

namespace Viaduct.Linux.Conntrack;

/// <summary>Reads and deletes the tracked IPv4 flows of one network namespace. Safe for use by several threads.</summary>
public sealed class ConntrackClient : IDisposable
{
    private readonly NetlinkChannel channel;

    /// <summary>For the calling thread's network namespace, whichever thread uses the client.</summary>
    public ConntrackClient() => channel = new NetlinkChannel(new NetlinkSocket(NETLINK_NETFILTER));

    /// <summary>For another network namespace.</summary>
    public static ConntrackClient In(NetNamespace ns) => ns.Run(() => new ConntrackClient());

    /// <inheritdoc/>
    public void Dispose() => channel.Dispose();

    /// <summary>Lists the flows of a transport protocol; the kernel leaves out all others. Like <c>conntrack -L -p</c>.</summary>
    public IReadOnlyList<ConntrackFlow> List(byte protocol)
    {
        var writer = new NlWriter(256);
        try
        {
            BeginMessage(ref writer, IPCTNL_MSG_CT_GET, NLM_F_REQUEST | NLM_F_DUMP);
            ConntrackCodec.AddProtocolFilter(ref writer, protocol);
            writer.EndMessage();
            return channel.Dump(ref writer, $"listing tracked flows of protocol {protocol}", ConntrackCodec.Read);
        }
        finally
        {
            writer.Dispose();
        }
    }

    /// <summary>Forgets a flow, so that its next packet is the first of a new one. False if it is gone already. Like <c>conntrack -D</c>.</summary>
    public bool Delete(ConntrackFlow flow)
    {
        var writer = new NlWriter(256);
        try
        {
            BeginMessage(ref writer, IPCTNL_MSG_CT_DELETE, NLM_F_REQUEST | NLM_F_ACK);
            ConntrackCodec.AddTuple(ref writer, CTA_TUPLE_ORIG, flow.Original);
            writer.AddAttributeBigEndian(CTA_ID, flow.Id);
            writer.EndMessage();
            channel.Execute(ref writer, $"deleting tracked flow {flow.Original}");
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

    private static void BeginMessage(ref NlWriter writer, ushort type, int flags)
    {
        writer.BeginMessage((ushort)((NFNL_SUBSYS_CTNETLINK << 8) | type), (ushort)flags);
        writer.AddHeader(NFGENMSG_SIZE)[0] = NFPROTO_IPV4;
    }
}
