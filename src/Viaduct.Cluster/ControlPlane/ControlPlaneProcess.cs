using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Logging;
using Viaduct.Addressing;
using Viaduct.Cluster.Lifecycle;
using Viaduct.Cluster.Model;
using Viaduct.Cluster.Supervision;
using Viaduct.Cluster.Underlay;
using Viaduct.Controllers;
using Viaduct.Kube.Server;
using Viaduct.Linux.Namespaces;
using Viaduct.Node.Network.Routing;

namespace Viaduct.Cluster.ControlPlane;

/// <summary>
/// The verb <c>control-plane</c>: API server, controllers, and the VPC's routes to the nodes' pods, in one process. Its threads stay in the host's
/// network namespace, so that kubectl reaches it on loopback; nodes reach it through a socket opened in the control plane's own namespace.
/// </summary>
public static class ControlPlaneProcess
{
    private const int PortInVpc = 6443;

    public static async Task<int> RunAsync(ClusterPaths paths, ILoggerFactory loggers)
    {
        var spec = ClusterSpec.Load(paths.Spec);
        // `up` refused a wrong plan, but the file may have been edited since.
        ClusterPreconditions.CheckSpec(spec);
        var plan = UnderlayPlan.From(spec);
        var endpoint = new IPEndPoint(plan.ControlPlane.Address, PortInVpc);
        using var life = new ProcessLife();
        var serviceCidr = spec.ToPlan().ServiceCidr;
        using var credentials = ClusterCredentials.LoadOrCreate(paths, plan.ControlPlane.Addresses, serviceCidr.Primary.AddressAt(1u));
        using var inVpc = Listen(paths, endpoint);
        await using var server = await ApiServer.CreateAsync(
            new ApiServerOptions
            {
                DatabasePath = paths.Database,
                ServiceCidr = serviceCidr,
                ControlPlaneEndpoint = endpoint,
                Certificates = credentials.Server,
                Listeners = [new IPEndPoint(IPAddress.Loopback, LastPort(paths))],
                ListeningSockets = [inVpc],
                NodeSocket = node => plan.Nodes.Any(n => n.Name == node) ? paths.NodeSocket(node) : null,
                LoggerFactory = loggers,
            },
            life.Stopping);
        await File.WriteAllTextAsync(paths.ApiPort, $"{server.Port}", life.Stopping);
        credentials.WriteKubeconfigs(paths, plan, server.Port, endpoint);
        Console.Out.WriteLine(Launcher.ReadyLine);

        using var router = NetNamespace.Open(paths.Namespace(UnderlayNames.Router));
        using var routes = spec.RouteBackend.HasTunnel() ? null : new VpcRoutes(router, server.Api, loggers);
        var options = new ControllerOptions { PodCidr = spec.ToPlan().PodCidr, NodeMask = spec.NodeMask, NodeMaskIPv6 = spec.NodeMaskIPv6 };
        await life.RunAsync(
            [cancellation => ControllerManager.RunAsync(server.Api, options, loggers, cancellation), .. routes is null ? [] : (Func<CancellationToken, Task>[])[routes.RunAsync]]);
        return 0;
    }

    private static Socket Listen(ClusterPaths paths, IPEndPoint endpoint)
    {
        using var ns = NetNamespace.Open(paths.Namespace(UnderlayNames.ControlPlane));
        return ns.Run(() =>
        {
            var socket = new Socket(endpoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
            socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.ReuseAddress, true);
            socket.Bind(endpoint);
            return socket;
        });
    }

    /// <summary>A control plane that is started again serves at the port that the kubeconfig names.</summary>
    private static int LastPort(ClusterPaths paths) => File.Exists(paths.ApiPort) ? int.Parse(File.ReadAllText(paths.ApiPort), null) : 0;
}
