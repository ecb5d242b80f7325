using Viaduct.Proxy.Model;

namespace Viaduct.Proxy;

/// <summary>What the kernel refused and was told already: a backend that tries again reports it again.</summary>
internal sealed class RefusedPorts
{
    private HashSet<ServiceProblem> told = [];

    /// <summary>Those of <paramref name="refused"/> that are new. A full application says everything, so what it does not name is served again.</summary>
    public List<ServiceProblem> News(IReadOnlyList<ServiceProblem> refused, bool isFull)
    {
        var news = refused.Where(p => !told.Contains(p)).Distinct().ToList();
        if (isFull)
            told = [.. refused];
        else
            told.UnionWith(news);
        return news;
    }
}
