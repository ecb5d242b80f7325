using Viaduct.Linux.Namespaces;
using Viaduct.Linux.Netlink;
using static Viaduct.Linux.Native.IpvsConstants;
using static Viaduct.Linux.Native.NetlinkConstants;

namespace Viaduct.Linux.Ipvs;

/// <summary>
/// The kernel's load balancer (IP Virtual Server) of one network namespace: what ipvsadm(8) does, over the generic netlink family IPVS. Safe for
/// use by several threads. Refusals are <see cref="NetlinkException"/>s that name the service or destination.
/// </summary>
public sealed class IpvsClient : IDisposable
{
    // An unread error takes about a KiB of the socket's receive buffer, which holds 208 KiB (net.core.rmem_default).
    private const int MessagesPerDatagram = 150;

    private readonly NetlinkChannel channel;
    private readonly ushort family;

    /// <summary>For the calling thread's network namespace; a kernel without IPVS is a <see cref="NetlinkException"/> with IsNotFound.</summary>
    public IpvsClient()
        : this(new NetlinkSocket(NETLINK_GENERIC))
    {
    }

    /// <summary>Over a given transport, which the client then owns.</summary>
    public IpvsClient(INetlinkTransport transport)
    {
        channel = new NetlinkChannel(transport);
        try
        {
            family = GenericNetlink.ResolveFamily(channel, IPVS_GENL_NAME);
        }
        catch
        {
            channel.Dispose();
            throw;
        }
    }

    /// <summary>For another network namespace.</summary>
    public static IpvsClient In(NetNamespace ns) => ns.Run(() => new IpvsClient());

    /// <inheritdoc/>
    public void Dispose() => channel.Dispose();

    /// <summary>
    /// Makes all changes of the batch, in order. When the kernel refuses some, the first becomes the exception and all others are made: read again
    /// before the next try.
    /// </summary>
    public void Commit(IpvsBatch batch)
    {
        ArgumentNullException.ThrowIfNull(batch);
        NetlinkException? refusal = null;
        for (var first = 0; first < batch.Count; first += MessagesPerDatagram)
        {
            try
            {
                Send(batch.Commands, first, Math.Min(MessagesPerDatagram, batch.Count - first));
            }
            catch (NetlinkException e) when (e.Item is not null)
            {
                refusal ??= e;
            }
        }

        if (refusal is not null)
            throw refusal;
    }

    /// <summary>The virtual services of both families. Like <c>ipvsadm -L</c>.</summary>
    public IReadOnlyList<VirtualServiceInfo> ListServices()
    {
        var request = IpvsWire.Get(family, IPVS_CMD_GET_SERVICE, NLM_F_DUMP);
        return channel.Dump(ref request, "listing virtual services", IpvsWire.ReadService);
    }

    /// <summary>A virtual service, or null. Like <c>ipvsadm -L -t ADDRESS:PORT</c>.</summary>
    public VirtualServiceInfo? FindService(VirtualServiceKey service)
    {
        try
        {
            var request = IpvsWire.Get(family, IPVS_CMD_GET_SERVICE, NLM_F_ACK, service);
            return channel.Request(ref request, $"getting virtual service {service}", IpvsWire.ReadService)[0];
        }
        catch (NetlinkException e) when (e.IsNotFound)
        {
            return null;
        }
    }

    /// <summary>The destinations of a virtual service; none if there is no such service.</summary>
    public IReadOnlyList<DestinationInfo> ListDestinations(VirtualServiceKey service)
    {
        var request = IpvsWire.Get(family, IPVS_CMD_GET_DEST, NLM_F_DUMP, service);
        return channel.Dump(ref request, $"listing destinations of virtual service {service}", message => IpvsWire.ReadDestination(message, service.Family));
    }

    /// <summary>The time-outs of connections. Like <c>ipvsadm -L --timeout</c>.</summary>
    public IpvsTimeouts GetTimeouts()
    {
        var request = IpvsWire.Get(family, IPVS_CMD_GET_CONFIG, NLM_F_ACK);
        return channel.Request(ref request, "getting the time-outs of IPVS", IpvsWire.ReadTimeouts)[0]!.Value;
    }

    /// <summary>Sets the time-outs of connections that are not 0. Like <c>ipvsadm --set</c>.</summary>
    public void SetTimeouts(IpvsTimeouts timeouts)
    {
        var request = IpvsWire.SetTimeouts(family, timeouts);
        channel.Execute(ref request, $"setting the time-outs of IPVS to {timeouts.Tcp} s (TCP), {timeouts.TcpFin} s (TCP after FIN) and {timeouts.Udp} s (UDP)");
    }

    /// <summary>Version and size of the kernel's IPVS.</summary>
    public IpvsInfo GetInfo()
    {
        var request = IpvsWire.Get(family, IPVS_CMD_GET_INFO, NLM_F_ACK);
        return channel.Request(ref request, "asking for the version of IPVS", IpvsWire.ReadInfo)[0]!.Value;
    }

    /// <summary>Deletes all virtual services. Like <c>ipvsadm -C</c>.</summary>
    public void Clear()
    {
        var request = IpvsWire.Get(family, IPVS_CMD_FLUSH, NLM_F_ACK);
        channel.Execute(ref request, "deleting all virtual services");
    }

    // Only the last is to be acknowledged: the kernel works through them in order and tells of every error (netlink_rcv_skb).
    private void Send(IReadOnlyList<IpvsCommand> commands, int first, int count)
    {
        var writer = new NlWriter(count * 192);
        try
        {
            for (var i = 0; i < count; i++)
                IpvsWire.Write(ref writer, family, commands[first + i], acknowledged: i == count - 1);
            channel.ExecuteBatch(ref writer, "changing IPVS", index => commands[first + index].Describe());
        }
        finally
        {
            writer.Dispose();
        }
    }
}
