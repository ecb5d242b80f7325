using Viaduct.Linux.Namespaces;
using Viaduct.Linux.Sysctls;
using Viaduct.Proxy.Inspection;
using Viaduct.Proxy.Model;

namespace Viaduct.Proxy.Backends.Iptables;

/// <summary>
/// Serves one IP family through iptables, in kube-proxy's chains. Its own memory says what is installed, so that a change writes only the chains that it
/// touches; a restart reads the rules and writes the difference.
/// </summary>
public sealed class IptablesBackend : IProxyBackend, IInspectedBackend
{
    // From there on the kernel's notifications cost more than the changes.
    private const int LargeEnoughToPause = 200;

    private readonly IptablesPrograms programs;
    private readonly RulesWatch watch;
    private readonly RulesPlanner planner;
    private readonly PortQuarantine quarantine = new("iptables");
    private readonly bool opensLoopback;
    private InstalledRules? installed;

    internal IptablesBackend(IptablesPrograms programs, BackendOptions options, bool dropsInvalid, TimeSpan syncPeriod)
    {
        this.programs = programs;
        opensLoopback = new RuleSyntax(options).OpensLoopback;
        watch = new RulesWatch(programs, options.Family, syncPeriod);
        planner = new RulesPlanner(options, dropsInvalid, quarantine.Has);
    }

    /// <summary>Which iptables is used.</summary>
    public IptablesVariant Variant => programs.Variant;

    /// <summary>For the calling thread's network namespace. Node ports on the loopback address set <c>net.ipv4.conf.all.route_localnet</c>, once the rules that guard it are there.</summary>
    /// <exception cref="IptablesException">iptables is missing.</exception>
    public static IptablesBackend Open(BackendOptions options)
    {
        const string BeLiberal = "net.netfilter.nf_conntrack_tcp_be_liberal";
        var programs = OpenPrograms(options.Family, options.Iptables);
        // Who is liberal wants late packets to pass.
        var dropsInvalid = !Sysctl.Exists(BeLiberal) || Sysctl.Read(BeLiberal) == "0";
        return new(programs, options, dropsInvalid, options.SyncPeriod);
    }

    /// <summary>What this machine lacks, a sentence each; nothing if it can serve. For the calling thread's network namespace.</summary>
    public static IReadOnlyList<string> FindMissingFeatures(IPFamily family, IptablesVariant? variant = null)
    {
        try
        {
            using var programs = OpenPrograms(family, variant);
            return IptablesProbe.FindMissingAsync(programs.Variant, family).GetAwaiter().GetResult();
        }
        catch (IptablesException e)
        {
            return [e.Message];
        }
    }

    /// <summary>Removes this mode's chains of a family and what leads to them, in the calling thread's network namespace.</summary>
    public static void Remove(IPFamily family)
    {
        using var ns = NetNamespace.OpenCurrent();
        IptablesCleanup.RunAsync(ns, family).GetAwaiter().GetResult();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        watch.Dispose();
        programs.Dispose();
    }

    /// <inheritdoc/>
    public Task<ProxyReport> ApplyAsync(ProxyChange change, ProxyState desired, CancellationToken cancellation) =>
        watch.NotWhile(() => ApplyNowAsync(change, desired, cancellation), cancellation);

    /// <inheritdoc/>
    public Task WaitForForeignEditAsync(CancellationToken cancellation) => watch.WaitAsync(cancellation);

    /// <inheritdoc/>
    public async Task<IReadOnlyList<KernelItem>> InspectAsync(ProxyState desired, ServicePortState port, CancellationToken cancellation)
    {
        var saved = new SavedRules();
        await programs.SaveAsync(saved.Read, withCounters: true);
        return [.. PortComparison.Items(planner.Plan(port, desired), port.Name, saved), .. RecentClients.Items(programs.Namespace, port)];
    }

    private static IptablesPrograms OpenPrograms(IPFamily family, IptablesVariant? chosen)
    {
        var ns = NetNamespace.OpenCurrent();
        try
        {
            var variant = chosen ?? VariantDetection.Detect(ns, family);
            foreach (var suffix in (string[])["", "-restore", "-save"])
                ProgramPaths.Of(family, variant, suffix);
            return new(ns, family, variant);
        }
        catch
        {
            ns.Dispose();
            throw;
        }
    }

    private async Task<ProxyReport> ApplyNowAsync(ProxyChange change, ProxyState desired, CancellationToken cancellation)
    {
        quarantine.Update(desired);
        var writer = new RulesWriter(programs, (port, message) => quarantine.Add(desired.Ports[port], message), watch.Committed);
        var known = watch.IsDamaged ? null : installed;
        // Until everything is written, what is installed is unknown: after an exception the next try reads it.
        installed = null;
        var isFull = known is null || !await TryApplyAsync(writer, known, change, desired);
        if (isFull)
            await ApplyAllAsync(writer, desired, cancellation);
        return new ProxyReport(writer.Rules, writer.Restores) { IsFull = isFull, Refused = quarantine.Problems, RefusedPorts = quarantine.Names };
    }

    private async Task<bool> TryApplyAsync(RulesWriter writer, InstalledRules known, ProxyChange change, ProxyState desired)
    {
        var edits = planner.Plan(known, change, desired);
        try
        {
            await WriteAsync(writer, edits);
        }
        catch (RestoreRefusedException)
        {
            // Somebody may have removed what the change was based on, or a port is refused.
            return false;
        }

        installed = known;
        return true;
    }

    private async Task ApplyAllAsync(RulesWriter writer, ProxyState desired, CancellationToken cancellation)
    {
        watch.Acknowledge();
        for (var isCareful = false; ; isCareful = true)
        {
            cancellation.ThrowIfCancellationRequested();
            var plan = planner.PlanAll(await programs.ReadAsync(), desired);
            if (!await TryWriteAllAsync(writer, plan, isCareful))
                continue;
            installed = plan.After;
            // Now that no other host can reach the loopback address by it (CVE-2020-8558).
            if (opensLoopback)
                programs.Namespace.Run(static () => Sysctl.Write("net.ipv4.conf.all.route_localnet", "1"));
            return;
        }
    }

    private async Task<bool> TryWriteAllAsync(RulesWriter writer, WholePlan plan, bool isCareful)
    {
        try
        {
            if (!isCareful)
                await WriteAsync(writer, [.. plan.Edits, plan.Rest]);
            else if (await writer.WriteCarefullyAsync(plan.Edits))
                return false;
            else
                await writer.WriteCarefullyAsync([plan.Rest]);
            return true;
        }
        catch (RestoreRefusedException)
        {
            return false;
        }
    }

    private async Task WriteAsync(RulesWriter writer, IReadOnlyList<RulesEdit> edits)
    {
        using (edits.Sum(e => e.Rules) >= LargeEnoughToPause ? watch.Pause() : null)
            await writer.WriteAsync(edits);
    }
}
