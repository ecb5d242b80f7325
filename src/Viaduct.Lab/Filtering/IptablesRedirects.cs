using System.Text;
using Viaduct.Linux.Namespaces;
using Viaduct.Proxy;
using Viaduct.Proxy.Backends.Iptables;
using Viaduct.Proxy.Backends.Userspace;
using Viaduct.Proxy.Model;

namespace Viaduct.Lab.Filtering;

/// <summary>
/// Leads what hosts send to Services to the userspace proxy's ports by iptables, as kube-proxy did it; for kernels whose nftables cannot. It knows cluster IPs only,
/// and is written anew with every change: enough for an experiment.
/// </summary>
internal sealed class IptablesRedirects : IRedirects
{
    private const string Chain = "LAB-REDIRECTS";

    private readonly IptablesPrograms programs = new(NetNamespace.OpenCurrent(), IPFamily.IPv4, IptablesVariant.Legacy);
    private bool isHooked;

    public async Task<ProxyReport> ApplyAsync(ProxyChange change, ProxyState desired, CancellationToken cancellation)
    {
        var rules = desired.Claims.Keys.Select(f => Rule(desired, f)).OfType<string>().ToList();
        // A chain that is named is emptied first, in the same transaction (iptables-restore --noflush).
        await WriteAsync([$":{Chain} - [0:0]", .. isHooked ? (string[])[] : [$"-A PREROUTING -j {Chain}"], .. rules]);
        isHooked = true;
        return new ProxyReport(rules.Count, 1) { IsFull = true };
    }

    public Task WaitForForeignEditAsync(CancellationToken cancellation) => Task.Delay(Timeout.Infinite, cancellation);

    public void Remove()
    {
        if (isHooked)
            WriteAsync([$"-D PREROUTING -j {Chain}", $"-F {Chain}", $"-X {Chain}"]).GetAwaiter().GetResult();
        isHooked = false;
    }

    public void Dispose() => programs.Dispose();

    private Task WriteAsync(IEnumerable<string> lines) => programs.RestoreAsync(Encoding.ASCII.GetBytes($"*nat\n{string.Join('\n', lines)}\nCOMMIT\n"));

    private static string? Rule(ProxyState state, Frontend frontend) => state.Serving(frontend) is { Role: FrontendRole.ClusterIP, Port.Endpoints: [var proxy, ..] }
        ? $"-A {Chain} -d {frontend.Address.ToIPAddress()} -p {frontend.Protocol.Name()} --dport {frontend.Port} -j DNAT --to-destination {proxy.Target}"
        : null;
}
