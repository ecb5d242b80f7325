using System.CommandLine;
using Viaduct.Addressing;
using Viaduct.Cli.Output;
using Viaduct.Cluster;
using Viaduct.Kube.Config;
using Viaduct.Kube.Http;
using Viaduct.Linux.Processes;
using Viaduct.Node.Network;
using Viaduct.Node.Network.Routing;
using Viaduct.Node.Standalone;

namespace Viaduct.Cli.Commands;

/// <summary><c>viaduct routes</c>: the network of this node in any cluster, in the place of flanneld.</summary>
internal sealed class RoutesCommand
{
    private const string Help =
        "Keep the routes from this node to the pods of all other nodes, in any cluster whose nodes have Pod CIDRs (in the place of flanneld). "
        + "Ends with 0 when told to (SIGTERM); routes and tunnels stay as they are.";

    private readonly Option<string?> _kubeconfig = new("--kubeconfig") { Description = "Which API server, and how; in a pod its service account is the default", HelpName = "FILE" };
    private readonly Option<string?> _master = new("--master") { Description = "Address of the API server, instead of the kubeconfig's", HelpName = "URL" };
    private readonly Option<string?> _hostname = new("--hostname-override") { Description = "Name of this node in the API (the machine's name)", HelpName = "NAME" };
    private readonly Option<string> _backend = new("--backend") { Description = "How pods of other nodes are reached", HelpName = string.Join('|', RouteBackends.Names), DefaultValueFactory = _ => "host-gw" };
    private readonly Option<int> _vni = new("--vni") { Description = "Number of the tunnels' network", DefaultValueFactory = _ => 1 };
    private readonly Option<int> _port = new("--vxlan-port") { Description = "The tunnels' UDP port", DefaultValueFactory = _ => 4789 };
    private readonly Option<bool?> _offload = new("--vxlan-checksum-offload") { Description = "Whether tunnelled packets leave their checksum to the link below; the kernel's version decides if it is not given" };
    private readonly Option<string?> _clusterCidr = new("--cluster-cidr") { Description = "Range of all pod addresses, one per IP family; needed for --masquerade", HelpName = "CIDR[,CIDR]" };
    private readonly Option<bool> _masquerade = new("--masquerade") { Description = "Give what pods send out of the cluster the node's address" };
    private readonly Option<string[]> _direct = new("--non-masquerade-cidr") { Description = "A network besides the pods' that pods reach with their own addresses, again for each", HelpName = "CIDR" };
    private readonly Option<string?> _cni = new("--cni-conf-dir") { Description = "Write the CNI configuration of viaduct-cni here, such as /etc/cni/net.d; none if it is not given", HelpName = "DIR" };
    private readonly Option<string> _leases = new("--cni-data-dir") { Description = "Where viaduct-cni keeps the addresses that are taken", HelpName = "DIR", DefaultValueFactory = _ => "/var/lib/cni/networks" };
    private readonly Option<bool> _cleanUp = new("--cleanup") { Description = "Remove routes, tunnel and masquerade rules and nothing else, and end" };

    private RoutesCommand()
    {
        _backend.AcceptOnlyFromAmong([.. RouteBackends.Names]);
        Between(_vni, 1, (1 << 24) - 1);
        Between(_port, 1, ushort.MaxValue);
    }

    public static Command Create()
    {
        var own = new RoutesCommand();
        var command = new Command("routes", Help);
        foreach (var option in new Option[]
        {
            own._kubeconfig, own._master, own._hostname, own._backend, own._vni, own._port, own._offload, own._clusterCidr, own._masquerade, own._direct, own._cni, own._leases, own._cleanUp,
        })
        {
            command.Add(option);
        }

        command.SetRunner(own.RunAsync);
        return command;
    }

    private async Task<int> RunAsync(ParseResult parse, CancellationToken cancellation)
    {
        var network = PodNetwork(parse);
        if (parse.GetValue(_cleanUp))
        {
            RouteAgent.CleanUp(network);
            return CommandRunner.Success;
        }

        var options = new RouteAgentOptions { PodNetwork = network, OwnPods = OwnPods(parse, network.NodeName) };
        using var loggers = StderrLogging.Create();
        using var api = HttpKubeApi.FromKubeconfig(ApiConnection.Choose(parse.GetValue(_kubeconfig) ?? "", parse.GetValue(_master), Environment.GetEnvironmentVariable), ProgramRun.CaptureAsync);
        await new RouteAgent(options, api, loggers).RunAsync(cancellation);
        return CommandRunner.Success;
    }

    private PodNetworkOptions PodNetwork(ParseResult parse) => new()
    {
        // Without blanks, in lower case: names of nodes are.
        NodeName = (parse.GetValue(_hostname) is { Length: > 0 } name ? name : Environment.MachineName).Trim().ToLowerInvariant(),
        Backend = RouteBackends.Parse(parse.GetValue(_backend)!)!.Value,
        Vni = parse.GetValue(_vni),
        VxlanPort = parse.GetValue(_port),
        ChecksumOffload = parse.GetValue(_offload),
    };

    private OwnPodsOptions OwnPods(ParseResult parse, string node) => new()
    {
        NodeName = node,
        CniDirectory = parse.GetValue(_cni),
        LeaseDirectory = parse.GetValue(_leases)!,
        NonMasqueradeCidrs = parse.GetValue(_masquerade) ? [.. Pods(parse), .. (parse.GetValue(_direct) ?? []).SelectMany(c => IpRanges.Parse(c, "--non-masquerade-cidr"))] : null,
    };

    private IpRanges Pods(ParseResult parse) => parse.GetValue(_clusterCidr) is { Length: > 0 } text
        ? IpRanges.Parse(text, "--cluster-cidr")
        : throw new ClusterException("--masquerade needs --cluster-cidr: what pods send to other pods keeps their addresses.");

    private static void Between(Option<int> option, int least, int most) => option.Validators.Add(result =>
    {
        if (result.GetValueOrDefault<int>() is var value && (value < least || value > most))
            result.AddError($"{option.Name} must be between {least} and {most}.");
    });
}
