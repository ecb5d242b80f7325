using Spectre.Console;
using Viaduct.Cluster.Model;
using Viaduct.Cluster.Underlay;
using Viaduct.Kube.Api;
using Viaduct.Node.Network.Routing;
using Viaduct.Proxy.Backends;
using KubeNode = Viaduct.Kube.Objects.Node;

namespace Viaduct.Cli.Output;

/// <summary>What <c>up</c> made, and what to try next.</summary>
internal static class ClusterSummary
{
    public static async Task WriteAsync(IAnsiConsole console, ClusterSpec spec, ClusterPaths paths, IKubeApi api, CancellationToken cancellation)
    {
        var nodes = await api.ListAsync<KubeNode>(ListQuery.All, cancellation);
        WriteNodes(console, spec, nodes.Items);
        WriteRanges(console, spec);
        WriteNext(console, spec, paths);
    }

    private static void WriteNodes(IAnsiConsole console, ClusterSpec spec, IReadOnlyList<KubeNode> nodes)
    {
        var table = Tables.Create("HOST", "ZONE", "ADDRESS", "POD CIDR");
        var plan = UnderlayPlan.From(spec);
        table.AddRow(plan.ControlPlane.Name, plan.ControlPlane.VSwitch.Zone, Join(plan.ControlPlane.Addresses), "-");
        foreach (var host in plan.Nodes)
        {
            var node = nodes.FirstOrDefault(n => n.Metadata.Name == host.Name);
            table.AddRow(host.Name, host.VSwitch.Zone, Join(host.Addresses), node is null ? "-" : Join(PeerNode.From(node).PodCidrs));
        }

        table.AddRow(UnderlayNames.Outside, "-", Join(plan.Outside.Addresses), "-");
        console.Write(table);
    }

    private static string Join<T>(IEnumerable<T> values) => string.Join('\n', values);

    private static void WriteRanges(IAnsiConsole console, ClusterSpec spec)
    {
        var table = Tables.Create("RANGE", "CIDR", "FOR");
        table.AddRow("VPC", Lines(spec.Vpc), "nodes");
        foreach (var vSwitch in spec.VSwitches)
            table.AddRow($"vSwitch {vSwitch.Zone}", Lines(vSwitch.Cidr), $"nodes in zone {vSwitch.Zone}");
        table.AddRow("pods", Lines(spec.PodCidr), $"{NodeBlocks(spec)} for each node, reached by {spec.Backend}");
        table.AddRow("Services", Lines(spec.ServiceCidr), "ClusterIPs; they mean nothing outside of the cluster");
        console.Write(table);
    }

    private static string Lines(string ranges) => ranges.Replace(',', '\n');

    private static string NodeBlocks(ClusterSpec spec) => spec.IpFamily switch
    {
        "ipv4" => $"a /{spec.NodeMask}",
        "ipv6" => $"a /{spec.NodeMaskIPv6}",
        _ => $"a /{spec.NodeMask} and a /{spec.NodeMaskIPv6}",
    };

    private static void WriteNext(IAnsiConsole console, ClusterSpec spec, ClusterPaths paths)
    {
        var name = spec.Name == "viaduct" ? "" : $" --name {spec.Name}";
        console.WriteLine($"proxy mode: {spec.ProxyMode.Name()}");
        console.WriteLine($"kubeconfig: {paths.Kubeconfig}");
        console.WriteLine();
        console.WriteLine("Try next:");
        console.WriteLine($"  export KUBECONFIG={paths.Kubeconfig}");
        console.WriteLine("  kubectl apply -f samples/myapp.yaml    # or: viaduct up --apply samples/myapp.yaml");
        console.WriteLine("  kubectl get pods -o wide");
        console.WriteLine($"  ./viaduct check{name}                  # tries every Service from everywhere");
        console.WriteLine($"  ./viaduct down{name}");
    }
}
