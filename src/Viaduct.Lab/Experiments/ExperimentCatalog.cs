using Viaduct.Lab.Engine;
using Viaduct.Lab.Experiments.Clusters;
using Viaduct.Lab.Experiments.UserAndKernel;
using Viaduct.Proxy.Inspection;

namespace Viaduct.Lab.Experiments;

/// <summary>All experiments, in the order of the chapters.</summary>
public static class ExperimentCatalog
{
    public static IReadOnlyList<Experiment> All { get; } =
    [
        new IpAllocation(),
        new CreateBridge(),
        new ConnectVeth(),
        new MoveAddress(),
        new AttachCard(),
        new LostDefaultRoute(),
        new BridgeWithoutAddress(),
        new ArpFlux(),
        new OneMacRule(),
        new PromiscuousMode(),
        new VirtualMachines(),
        new ContainersBehindNat(),
        new LearningAndAgeing(),
        new Hairpin(),
        new BridgeNetfilter(),
        new SpanningTree(),
        new CostOfCrossings(),
        new Fork(),
        new SpinOrBlock(),
        new TwoProxies(),
        new ServiceEndpoints(),
        new ProxyModes(),
    ];

    public static Experiment? Find(string name) => All.FirstOrDefault(e => e.Name == name);

    /// <summary>The name that is meant, if one is like <paramref name="name"/>.</summary>
    public static string? Nearest(string name) => All.Select(e => (e.Name, Distance: NearestName.EditDistance(e.Name, name)))
        .Where(c => c.Distance <= Math.Max(2, name.Length / 2)).OrderBy(c => c.Distance).Select(c => c.Name).FirstOrDefault();
}
