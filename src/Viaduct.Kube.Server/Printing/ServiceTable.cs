using System.Text.Json;

namespace Viaduct.Kube.Server.Printing;

internal static class ServiceTable
{
    public static TableDefinition Definition { get; } = new(
        TableDefinition.Name,
        TableDefinition.Text("Type", s => s.TextAt("spec", "type") ?? ""),
        TableDefinition.Text("Cluster-IP", ClusterIP),
        TableDefinition.Text("External-IP", ExternalIP),
        TableDefinition.Text("Port(s)", Ports),
        TableDefinition.Age,
        TableDefinition.Text("Selector", s => Lists.Labels(s.EntriesAt("spec", "selector")), 1));

    private static string ClusterIP(JsonElement service) =>
        service.TextAt("spec", "clusterIP") is { Length: > 0 } address ? address : Lists.None;

    private static string ExternalIP(JsonElement service)
    {
        var addresses = service.ItemsAt("spec", "externalIPs").Select(a => a.GetString() ?? "");
        switch (service.TextAt("spec", "type"))
        {
            case "ExternalName":
                return service.TextAt("spec", "externalName") ?? Lists.None;
            case "LoadBalancer":
                var balanced = service.ItemsAt("status", "loadBalancer", "ingress").Select(i => i.TextAt("ip") ?? i.TextAt("hostname") ?? "").Concat(addresses).ToList();
                return balanced.Count == 0 ? "<pending>" : Lists.Join(balanced);
            default:
                return Lists.Join(addresses);
        }
    }

    private static string Ports(JsonElement service) => Lists.Join(service.ItemsAt("spec", "ports").Select(Port));

    private static string Port(JsonElement port)
    {
        var nodePort = port.NumberAt("nodePort");
        return nodePort == 0 ? $"{port.NumberAt("port")}/{port.TextAt("protocol")}" : $"{port.NumberAt("port")}:{nodePort}/{port.TextAt("protocol")}";
    }
}
