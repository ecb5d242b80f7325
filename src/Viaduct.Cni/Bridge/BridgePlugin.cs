using System.Net;
using Viaduct.Cni.Dispatch;
using Viaduct.Cni.HostLocal;
using Viaduct.Cni.Masquerade;
using Viaduct.Cni.Types;
using Viaduct.Linux;
using Viaduct.Linux.Namespaces;
using Viaduct.Linux.Netlink;
using Viaduct.Linux.Route;

namespace Viaduct.Cni.Bridge;

/// <summary>Cables a pod to a bridge of the node: a veth pair, an address from the built-in host-local IPAM, routes, masquerading.</summary>
public sealed class BridgePlugin : ICniPlugin
{
    /// <inheritdoc/>
    public CniResult Add(CniRequest request)
    {
        var config = BridgeConfig.Read(request);
        var attachment = AttachmentOf(request);
        using var pod = OpenPod(request);
        using var route = new RouteClient();
        using var undo = new Undo(request.Log);
        var ips = Allocate(config, attachment, undo);
        var bridge = NodeBridge.Ensure(route, config, ips);
        var host = AddCable(route, config, request, pod, bridge, undo);
        var routes = PodInterface.Routes(config, ips);
        var container = PodInterface.Configure(pod, request.InterfaceName, ips, routes);
        Masquerade(config, request.Network, ips);
        undo.Commit();
        return new CniResult
        {
            Interfaces =
            [
                new CniInterface(bridge.Name, bridge.Address?.ToString(), null, bridge.Mtu),
                new CniInterface(host.Name, host.Address?.ToString(), null, host.Mtu),
                new CniInterface(container.Name, container.Address?.ToString(), request.NetNamespacePath, container.Mtu),
            ],
            Ips = [.. ips.Select(ip => ip with { Interface = 2 })],
            Routes = routes,
            Dns = config.Dns,
        };
    }

    /// <inheritdoc/>
    public void Delete(CniRequest request) => Detach(BridgeConfig.Read(request), request.Network, AttachmentOf(request));

    /// <inheritdoc/>
    public void Check(CniRequest request) => throw NotServed("CHECK");

    /// <inheritdoc/>
    public void Status(CniRequest request) => throw NotServed("STATUS");

    /// <inheritdoc/>
    public void CollectGarbage(CniRequest request) => throw NotServed("GC");

    /// <summary>The node's end of the cable is called after the attachment, so that DEL finds it when the pod's namespace is gone.</summary>
    internal static string HostInterfaceName(Attachment attachment) => $"veth{Fnv.Hash(attachment.ToString()) & 0xfff_ffff_ffff:x11}";

    private static IReadOnlyList<CniIp> Allocate(BridgeConfig config, Attachment attachment, Undo undo)
    {
        if (config.Ipam is not { } ipam)
            return [];
        var ips = HostLocalAllocator.Allocate(ipam, attachment);
        undo.Push("releasing its addresses", () => HostLocalAllocator.Release(ipam, attachment));
        return ips;
    }

    private static LinkInfo AddCable(RouteClient route, BridgeConfig config, CniRequest request, NetNamespace pod, LinkInfo bridge, Undo undo)
    {
        var name = HostInterfaceName(AttachmentOf(request));
        try
        {
            route.AddLink(new VethSpec
            {
                Name = name,
                PeerName = request.InterfaceName,
                PeerNamespace = pod,
                PeerAddress = config.Mac,
                Mtu = config.Mtu,
                Master = bridge.Index,
                Up = true,
            });
        }
        catch (NetlinkException e) when (e.IsAlreadyExists)
        {
            var where = route.FindLink(name) is null ? $"{request.InterfaceName} already exists in {request.NetNamespacePath}" : $"{name} already exists on the node";
            throw new CniException(CniErrorCode.AlreadyAttached, $"interface {where}; run DEL before a second ADD", cause: e);
        }
        var host = route.GetLink(name);
        undo.Push($"deleting {name}", () => route.DeleteLink(host.Index));
        if (config.HairpinMode)
            route.SetLink(host.Index, new LinkChange { HairpinMode = true });
        return host;
    }

    // The last step of an ADD: it is one transaction, so nothing of it needs to be undone.
    private static void Masquerade(BridgeConfig config, string network, IReadOnlyList<CniIp> ips)
    {
        if (config.NonMasquerade is not { } direct)
            return;
        using var masquerade = new PodMasquerade(network);
        masquerade.Add(ips.Select(ip => ip.Address), direct);
    }

    // The address is released last: until the cable is gone, its owner can use it. Only what is reserved for this very attachment is taken back: a late or
    // repeated DEL must not hit the next owner. Deleting a link and closing an nftables socket both wait for RCU, so they wait at the same time.
    private static void Detach(BridgeConfig config, string network, Attachment attachment)
    {
        var addresses = config.Ipam is null ? [] : HostLocalAllocator.Find(config.Ipam, attachment);
        var masquerade = config.NonMasquerade is null || addresses.Count == 0 ? Task.CompletedTask : StopMasqueradingAsync(new PodMasquerade(network), addresses);
        DeleteCable(HostInterfaceName(attachment));
        masquerade.GetAwaiter().GetResult();
        if (config.Ipam is { } ipam)
            HostLocalAllocator.Release(ipam, attachment);
    }

    // The socket was opened by the calling thread, in its namespace; closing it belongs to the part that waits.
    private static Task StopMasqueradingAsync(PodMasquerade masquerade, IReadOnlyList<IPAddress> addresses) => Task.Run(() =>
    {
        using (masquerade)
            masquerade.Remove(addresses);
    });

    private static void DeleteCable(string name)
    {
        using var route = new RouteClient();
        if (route.FindLink(name) is not { } link)
            return;
        try
        {
            route.DeleteLink(link.Index);
        }
        catch (NetlinkException e) when (e.IsNotFound)
        {
            // The pod's namespace ended in this moment and took the pair with it.
        }
    }

    private static NetNamespace OpenPod(CniRequest request)
    {
        var pod = Open(request.NetNamespacePath!);
        using var own = NetNamespace.OpenCurrent();
        if (own.Inode != pod.Inode)
            return pod;
        pod.Dispose();
        throw new CniException(CniErrorCode.InvalidNetNamespace, $"CNI_NETNS {request.NetNamespacePath} is the plugin's own network namespace; give the container's");
    }

    private static NetNamespace Open(string path)
    {
        try
        {
            return NetNamespace.Open(path);
        }
        catch (LinuxException e)
        {
            throw new CniException(CniErrorCode.InvalidNetNamespace, $"CNI_NETNS: {e.Message}", cause: e);
        }
    }

    private static Attachment AttachmentOf(CniRequest request) => new(request.ContainerId, request.InterfaceName);

    private static CniException NotServed(string command) =>
        new(CniErrorCode.InvalidEnvironment, $"CNI_COMMAND {command} is not served by this version of viaduct-cni; it has ADD, DEL and VERSION");
}
