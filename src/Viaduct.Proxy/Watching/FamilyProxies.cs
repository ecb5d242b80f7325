using Viaduct.Proxy.Model;

namespace Viaduct.Proxy.Watching;

internal static class FamilyProxies
{
    /// <summary>Tells every family; answers whether it was news to one.</summary>
    public static bool Track(this IReadOnlyList<FamilyProxy> families, Func<ServiceTracker, bool> change)
    {
        var isNews = false;
        foreach (var family in families)
            isNews |= family.Track(change);
        return isNews;
    }

    /// <summary>Tells every family of something that may leave changes.</summary>
    public static void Track(this IReadOnlyList<FamilyProxy> families, Action<ServiceTracker> change) => families.Track(tracker =>
    {
        change(tracker);
        return tracker.HasChanges;
    });
}
