using System.Globalization;
using System.Text.Json;

namespace Viaduct.Kube.Server.Printing;

internal static class EndpointTables
{
    public static TableDefinition Endpoints { get; } = new(
        TableDefinition.Name,
        TableDefinition.Text("Endpoints", Addresses),
        TableDefinition.Age);

    public static TableDefinition EndpointSlice { get; } = new(
        TableDefinition.Name,
        TableDefinition.Text("AddressType", s => s.TextAt("addressType") ?? ""),
        TableDefinition.Text("Ports", Ports),
        TableDefinition.Text("Endpoints", SliceAddresses),
        TableDefinition.Age);

    private static string Addresses(JsonElement endpoints) =>
        Lists.JoinSome([.. endpoints.ItemsAt("subsets").SelectMany(SubsetAddresses)], 3);

    private static IEnumerable<string> SubsetAddresses(JsonElement subset)
    {
        var ports = subset.ItemsAt("ports").ToList();
        foreach (var address in subset.ItemsAt("addresses").Select(a => a.TextAt("ip") ?? ""))
        {
            if (ports.Count == 0)
                yield return address;
            foreach (var port in ports)
                yield return $"{address}:{port.NumberAt("port")}";
        }
    }

    private static string Ports(JsonElement slice)
    {
        var ports = slice.ItemsAt("ports").Select(p => p.NumberAt("port") is var n and not 0 ? n.ToString(CultureInfo.InvariantCulture) : "*").ToList();
        return ports.Count == 0 ? "<unset>" : Lists.JoinSome(ports, 3);
    }

    private static string SliceAddresses(JsonElement slice)
    {
        var addresses = slice.ItemsAt("endpoints").SelectMany(e => e.ItemsAt("addresses")).Select(a => a.GetString() ?? "").ToList();
        return addresses.Count == 0 ? "<unset>" : Lists.JoinSome(addresses, 3);
    }
}
