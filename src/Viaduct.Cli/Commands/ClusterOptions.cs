using System.CommandLine;
using Viaduct.Cluster.Model;
using Viaduct.Node.Network.Routing;

namespace Viaduct.Cli.Commands;

/// <summary>The options that describe a cluster. One that is not given leaves the choice to the file, and then to the defaults.</summary>
internal sealed class ClusterOptions
{
    private readonly Option<string?> _config = new("--config") { Description = "File with all of these settings (YAML); options go before it", HelpName = "FILE" };
    private readonly Option<int?> _nodes = new("--nodes") { Description = "How many nodes (2)" };
    private readonly Option<string[]> _zones = new("--zone") { Description = "A zone and the range of its vSwitch, again for each zone; nodes are spread over them", HelpName = "ZONE=CIDR[,CIDR]" };
    private readonly Option<string?> _ipFamily = new("--ip-family") { Description = "IP family of nodes, pods and Services (ipv4)", HelpName = "ipv4|ipv6|dual" };
    private readonly Option<string?> _backend = new("--backend") { Description = "How pods of other nodes are reached (host-gw)", HelpName = string.Join('|', RouteBackends.Names) };
    private readonly Option<string?> _vpc = new("--vpc-cidr") { Description = "Range of the nodes' network, one per IP family (192.168.0.0/16)", HelpName = "CIDR[,CIDR]" };
    private readonly Option<string?> _podCidr = new("--pod-cidr") { Description = "Range of all pod addresses, one per IP family (172.20.0.0/16)", HelpName = "CIDR[,CIDR]" };
    private readonly Option<int?> _nodeMask = new("--node-cidr-mask-size") { Description = "Prefix length of each node's block of pod addresses (24)" };
    private readonly Option<int?> _nodeMaskIPv6 = new("--node-cidr-mask-size-ipv6") { Description = "The same for IPv6 (64)" };
    private readonly Option<string?> _serviceCidr = new("--service-cidr") { Description = "Range of the Services' addresses, one per IP family (172.21.0.0/20)", HelpName = "CIDR[,CIDR]" };

    public ClusterOptions()
    {
        _ipFamily.AcceptOnlyFromAmong("ipv4", "ipv6", "dual");
        _backend.AcceptOnlyFromAmong([.. RouteBackends.Names]);
    }

    public void AddTo(Command command)
    {
        foreach (var option in new Option[] { _nodes, _zones, _ipFamily, _backend, _vpc, _podCidr, _nodeMask, _nodeMaskIPv6, _serviceCidr, _config })
            command.Add(option);
    }

    /// <summary>What the options say, over what the file says.</summary>
    public ClusterSettings Read(ParseResult parse)
    {
        var given = new ClusterSettings
        {
            Nodes = parse.GetValue(_nodes),
            IpFamily = parse.GetValue(_ipFamily),
            Backend = parse.GetValue(_backend),
            Vpc = parse.GetValue(_vpc),
            VSwitches = parse.GetValue(_zones) is { Length: > 0 } zones ? [.. zones.Select(VSwitchSpec.Parse)] : null,
            PodCidr = parse.GetValue(_podCidr),
            NodeMask = parse.GetValue(_nodeMask),
            NodeMaskIPv6 = parse.GetValue(_nodeMaskIPv6),
            ServiceCidr = parse.GetValue(_serviceCidr),
        };
        return parse.GetValue(_config) is { } file ? given.Over(ClusterFile.Load(file)) : given;
    }
}
