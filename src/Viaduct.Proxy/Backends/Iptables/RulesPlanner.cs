using System.Collections.Immutable;
using Viaduct.Proxy.Model;

namespace Viaduct.Proxy.Backends.Iptables;

/// <summary>What is known to be installed. Worth nothing once a restore failed.</summary>
internal sealed class InstalledRules
{
    public Dictionary<ServicePortName, InstalledPort> Ports { get; } = [];

    /// <summary>Which port has the rules of each frontend.</summary>
    public Dictionary<Frontend, ServicePortName> Owners { get; } = [];

    public InstalledPort HealthChecks { get; set; } = InstalledPort.Nothing;

    /// <summary>The state that this is.</summary>
    public ProxyState State { get; set; } = ProxyState.Empty;
}

/// <summary>The difference between what was found and what should be there.</summary>
/// <param name="Edits">Of the constant rules, and then of each Service port.</param>
/// <param name="Rest">Removes what belongs to nobody; after the others, for their old rules may lead there.</param>
/// <param name="After">What is installed then.</param>
internal sealed record WholePlan(IReadOnlyList<RulesEdit> Edits, RulesEdit Rest, InstalledRules After);

/// <summary>Finds the edits that lead from what is installed to what is desired. What a change's plan costs depends on the change.</summary>
internal sealed class RulesPlanner(BackendOptions options, bool dropsInvalid, Func<ServicePortState, bool>? isRefused = null)
{
    private readonly PortPlanner ports = new(options);
    private readonly PortPlan constant = new ConstantRules(options, dropsInvalid).Plan();

    /// <summary>Plans a change; <paramref name="installed"/> is then what is there when all edits are written.</summary>
    public List<RulesEdit> Plan(InstalledRules installed, ProxyChange change, ProxyState desired)
    {
        var touched = new HashSet<ServicePortName>();
        foreach (var frontend in change.Frontends)
        {
            if (installed.Owners.Remove(frontend, out var before))
                touched.Add(before);
            if (desired.Serving(frontend, isRefused) is not { } serving)
                continue;
            installed.Owners[frontend] = serving.Port.Name;
            touched.Add(serving.Port.Name);
        }

        var edits = new List<RulesEdit>();
        foreach (var name in touched)
            Add(edits, installed, RulesEdit.Between(name, installed.Ports.GetValueOrDefault(name, InstalledPort.Nothing), Plan(name, desired)));
        if (!ReferenceEquals(installed.State.HealthChecks, desired.HealthChecks))
            edits.AddRange(HealthChecks(installed, installed.HealthChecks, desired));
        installed.State = desired;
        return edits;
    }

    /// <summary>Plans the whole difference.</summary>
    public WholePlan PlanAll(FoundRules found, ProxyState desired)
    {
        var installed = new InstalledRules { State = desired };
        var edits = new List<RulesEdit>();
        var missing = ChainNames.OfLines.Concat(constant.Lines.Select(l => l.Chain).Where(c => c == ChainNames.Firewall)).Where(c => !found.SharedChains.Contains(c));
        var shared = RulesEdit.Between(null, found.Claim(constant), constant) with { MadeChains = [.. missing.Distinct()] };
        if (!shared.IsEmpty)
            edits.Add(shared);
        foreach (var frontend in desired.Claims.Keys)
            installed.Owners[frontend] = desired.Serving(frontend, isRefused)!.Value.Port.Name;
        foreach (var name in desired.Ports.Keys)
        {
            var plan = Plan(name, desired);
            Add(edits, installed, RulesEdit.Between(name, found.Claim(plan), plan));
        }

        edits.AddRange(HealthChecks(installed, found.Claim(ConstantRules.HealthChecks(desired.HealthChecks)), desired));
        return new WholePlan(edits, found.RemoveRest(), installed);
    }

    private PortPlan Plan(ServicePortName name, ProxyState desired)
    {
        if (!desired.Ports.TryGetValue(name, out var port) || isRefused?.Invoke(port) == true)
            return PortPlan.Nothing;
        return Plan(port, desired);
    }

    /// <summary>What a port should have, refused or not.</summary>
    public PortPlan Plan(ServicePortState port, ProxyState desired)
    {
        var frontends = new List<(Frontend, FrontendRole)>();
        foreach (var frontend in port.Frontends.Select(f => f.Frontend).Distinct())
        {
            if (desired.Serving(frontend, isRefused) is { } serving && serving.Port.Name == port.Name)
                frontends.Add((frontend, serving.Role));
        }

        return ports.Plan(port, frontends);
    }

    private static void Add(List<RulesEdit> edits, InstalledRules installed, RulesEdit edit)
    {
        if (edit.After.IsEmpty)
            installed.Ports.Remove(edit.Port!.Value);
        else
            installed.Ports[edit.Port!.Value] = edit.After;
        if (!edit.IsEmpty)
            edits.Add(edit);
    }

    private static ImmutableArray<RulesEdit> HealthChecks(InstalledRules installed, InstalledPort before, ProxyState desired)
    {
        var edit = RulesEdit.Between(null, before, ConstantRules.HealthChecks(desired.HealthChecks));
        installed.HealthChecks = edit.After;
        return edit.IsEmpty ? [] : [edit];
    }
}
