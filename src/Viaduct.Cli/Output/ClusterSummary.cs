using Spectre.Console;
using Viaduct.Cluster.Model;
using Viaduct.Cluster.Underlay;
using Viaduct.Kube.Api;
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
        table.AddRow(plan.ControlPlane.Name, plan.ControlPlane.VSwitch.Zone, plan.ControlPlane.Address.ToString(), "-");
        foreach (var host in plan.Nodes)
        {
            var node = nodes.FirstOrDefault(n => n.Metadata.Name == host.Name);
            table.AddRow(host.Name, host.VSwitch.Zone, host.Address.ToString(), node?.Spec?.PodCIDR ?? "-");
        }

        table.AddRow(UnderlayNames.Outside, "-", UnderlayPlan.OutsideAddress.ToString(), "-");
        console.Write(table);
    }

    private static void WriteRanges(IAnsiConsole console, ClusterSpec spec)
    {
        var table = Tables.Create("RANGE", "CIDR", "FOR");
        table.AddRow("VPC", spec.Vpc, "nodes");
        foreach (var vSwitch in spec.VSwitches)
            table.AddRow($"vSwitch {vSwitch.Zone}", vSwitch.Cidr, $"nodes in zone {vSwitch.Zone}");
        table.AddRow("pods", spec.PodCidr, $"a /{spec.NodeMask} for each node");
        table.AddRow("Services", spec.ServiceCidr, "ClusterIPs; they mean nothing outside of the cluster");
        console.Write(table);
    }

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
