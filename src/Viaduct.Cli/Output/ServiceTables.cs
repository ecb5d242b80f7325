using System.Globalization;
using Spectre.Console;
using Viaduct.Proxy.Inspection;

namespace Viaduct.Cli.Output;

/// <summary>A Service's two sides, a table for each frontend; rows that differ begin with an exclamation mark.</summary>
internal static class ServiceTables
{
    public static void Write(IAnsiConsole console, ServiceReport report)
    {
        foreach (var port in report.Ports)
            WritePort(console, port);
        if (report.WaitingSince is { } since)
            console.WriteLine($"A change waits since {since.ToString("O", CultureInfo.InvariantCulture)} to be written into the kernel.");
        console.WriteLine(report.IsEqual switch
        {
            true => $"The kernel of {report.Node} has what its proxy wants.",
            false => $"The kernel of {report.Node} has something else than its proxy wants; what differs begins with \"!\".",
            null => $"{report.Node} is in proxy mode {report.Mode}: this is what its proxy wants; the kernel's side cannot be shown.",
        });
    }

    private static void WritePort(IAnsiConsole console, ServicePortReport port)
    {
        var affinity = port.AffinitySeconds > 0 ? $", affinity of {port.AffinitySeconds} s" : "";
        console.WriteLine($"{port.Name} ({port.Family}): internalTrafficPolicy {port.InternalTrafficPolicy}, externalTrafficPolicy {port.ExternalTrafficPolicy}{affinity}");
        if (port.SourceRanges.Count > 0)
            console.WriteLine($"load balancer addresses are for {string.Join(", ", port.SourceRanges)} only");
        foreach (var frontend in port.Frontends)
        {
            console.WriteLine();
            console.WriteLine($"{frontend.Frontend} ({frontend.Role}{(frontend.TakenBy is { } other ? $", but {other} has it, whose name comes first" : "")})");
            WriteFrontend(console, frontend);
        }

        if (port.Items is { } items)
            WriteItems(console, items);
        console.WriteLine();
    }

    /// <summary>In modes other than nftables: what each side has, in the words of the mode.</summary>
    private static void WriteItems(IAnsiConsole console, IReadOnlyList<KernelItem> items)
    {
        var table = Tables.Create(" ", "WHAT", "PROXY", "KERNEL", "PACKETS");
        foreach (var item in items)
        {
            var packets = item.Traffic is { } traffic ? string.Create(CultureInfo.InvariantCulture, $"{traffic.Packets} ({traffic.Bytes} bytes)") : "";
            table.AddRow(
                item.IsEqual ? " " : "!", Markup.Escape(item.What), Markup.Escape(item.Proxy ?? (item.IsOneSided ? "" : "-")), Markup.Escape(item.Kernel is null ? (item.IsOneSided ? "" : "-") : item.Kernel == item.Proxy ? "the same" : item.Kernel), packets);
        }

        console.WriteLine();
        console.Write(table);
    }

    private static void WriteFrontend(IAnsiConsole console, FrontendReport frontend)
    {
        if (frontend.Kernel is { } kernel)
            WriteBoth(console, frontend, frontend.Proxy, kernel);
        else
            WriteProxy(console, frontend.Proxy);
    }

    private static void WriteProxy(IAnsiConsole console, FrontendView proxy)
    {
        var table = Tables.Create("WHAT", "PROXY");
        table.AddRow("connections", proxy.Verdict ?? "refused");
        if (proxy.OffNodeVerdict is { } offNode)
            table.AddRow("connections from elsewhere", offNode);
        foreach (var endpoint in proxy.Endpoints)
            table.AddRow("endpoint", Markup.Escape(endpoint!));
        foreach (var endpoint in proxy.LocalEndpoints)
            table.AddRow("local endpoint", Markup.Escape(endpoint!));
        console.Write(table);
    }

    private static void WriteBoth(IAnsiConsole console, FrontendReport frontend, FrontendView proxy, FrontendView kernel)
    {
        var table = Tables.Create(" ", "WHAT", "PROXY", "KERNEL");
        Row(table, "verdict", proxy.Verdict ?? "refused", kernel.Verdict ?? "refused");
        if (proxy.OffNodeVerdict is not null || kernel.OffNodeVerdict is not null)
            Row(table, "verdict from elsewhere", proxy.OffNodeVerdict ?? "-", kernel.OffNodeVerdict ?? "-");
        Row(table, "owner", proxy.Owner ?? "-", kernel.Owner ?? "-");
        Endpoints(table, "endpoint", proxy.Endpoints, kernel.Endpoints);
        Endpoints(table, "local endpoint", proxy.LocalEndpoints, kernel.LocalEndpoints);
        foreach (var set in proxy.Sets.Union(kernel.Sets))
            Row(table, "set", proxy.Sets.Contains(set) ? set : "-", kernel.Sets.Contains(set) ? set : "-");
        Both(table, "open to", proxy.SourceRanges, kernel.SourceRanges);
        Both(table, "answers itself", proxy.Hairpins, kernel.Hairpins);
        Both(table, "clients may stay with", proxy.AffinityEndpoints, kernel.AffinityEndpoints);
        Both(table, "from elsewhere with", proxy.LocalAffinityEndpoints, kernel.LocalAffinityEndpoints);
        if (frontend.AffinityClients is { } clients)
            table.AddRow(" ", "clients that stay", "", clients.ToString(CultureInfo.InvariantCulture));
        Count(table, "connections", frontend.Traffic);
        Count(table, "connections from elsewhere", frontend.OffNodeTraffic);
        console.Write(table);
        foreach (var difference in frontend.Differences)
            console.WriteLine($"! {difference}");
    }

    /// <summary>In the order of the kernel's slots; then those that it lacks.</summary>
    private static void Endpoints(Table table, string what, IReadOnlyList<string?> proxy, IReadOnlyList<string?> kernel)
    {
        for (var slot = 0; slot < kernel.Count; slot++)
            Row(table, $"{what} {slot}", proxy.Contains(kernel[slot]) ? kernel[slot]! : "-", kernel[slot] ?? "(hole)");
        foreach (var missing in proxy.Except(kernel))
            Row(table, what, missing!, "-");
    }

    private static void Both(Table table, string what, IReadOnlyList<string> proxy, IReadOnlyList<string> kernel)
    {
        foreach (var text in proxy.Union(kernel))
            Row(table, what, proxy.Contains(text) ? text : "-", kernel.Contains(text) ? text : "-");
    }

    private static void Row(Table table, string what, string proxy, string kernel) =>
        table.AddRow(proxy == kernel ? " " : "!", what, Markup.Escape(proxy), Markup.Escape(kernel));

    private static void Count(Table table, string what, TrafficCount? count)
    {
        if (count is not null)
            table.AddRow(" ", what, "", string.Create(CultureInfo.InvariantCulture, $"{count.Packets} ({count.Bytes} bytes)"));
    }
}
