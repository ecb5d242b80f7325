using System.Collections.Immutable;

namespace Viaduct.Proxy.Model;

/// <summary>Frontends that several Services claim; each is told once until its claimants change.</summary>
internal sealed class FrontendConflicts
{
    private readonly Dictionary<Frontend, string> told = [];

    /// <summary>Looks at the changed frontends only.</summary>
    public void Check(ProxyState state, ProxyChange change, List<ServiceProblem> problems)
    {
        foreach (var frontend in change.Frontends)
        {
            if (!state.Claims.TryGetValue(frontend, out var claims) || claims[0].Port == claims[^1].Port)
            {
                told.Remove(frontend);
                continue;
            }

            var message = Describe(frontend, claims);
            if (told.GetValueOrDefault(frontend) == message)
                continue;
            told[frontend] = message;
            problems.Add(new(claims[^1].Port.Service, message));
        }
    }

    private static string Describe(Frontend frontend, ImmutableArray<FrontendClaim> claims) =>
        $"{frontend} is claimed by {string.Join(" and ", claims.Select(c => c.Port).Distinct())}; {claims[0].Port} gets it until the others change.";
}
