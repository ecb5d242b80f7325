using System.Collections.Immutable;

namespace Viaduct.Proxy.Model;

/// <summary>Frontends that several Services claim; each is told once until its claimants change.</summary>
internal sealed class FrontendConflicts
{
    private readonly Dictionary<Frontend, (ServiceName Loser, string Message)> told = [];

    /// <summary>How many Services do not have a frontend that they claim.</summary>
    public int Services { get; private set; }

    /// <summary>Looks at the changed frontends only.</summary>
    public void Check(ProxyState state, ProxyChange change, List<ServiceProblem> problems)
    {
        var isNews = false;
        foreach (var frontend in change.Frontends)
        {
            if (!state.Claims.TryGetValue(frontend, out var claims) || claims.All(c => c.Port == claims[0].Port))
            {
                isNews |= told.Remove(frontend);
                continue;
            }

            var message = Describe(frontend, claims);
            if (told.GetValueOrDefault(frontend).Message == message)
                continue;
            var loser = claims.Last(c => c.Port != claims[0].Port).Port.Service;
            told[frontend] = (loser, message);
            problems.Add(new(loser, message));
            isNews = true;
        }

        if (isNews)
            Services = told.Values.Select(t => t.Loser).Distinct().Count();
    }

    private static string Describe(Frontend frontend, ImmutableArray<FrontendClaim> claims) =>
        $"{frontend} is claimed by {string.Join(" and ", claims.Select(c => c.Port).Distinct())}; {claims[0].Port} gets it until the others change.";
}
