using Viaduct.Proxy.Model;

namespace Viaduct.Proxy.Inspection;

/// <summary>Finds what somebody may have meant.</summary>
public static class NearestName
{
    /// <summary>The Service with the most similar name, of the same namespace rather than of another; null if none is similar.</summary>
    public static ServiceName? Find(ServiceName wanted, IEnumerable<ServiceName> known) =>
        known.Select(k => (Name: k, Distance: EditDistance(wanted.Name, k.Name)))
            .Where(c => c.Distance <= Math.Max(2, wanted.Name.Length / 2))
            .OrderBy(c => c.Distance).ThenBy(c => c.Name.Namespace != wanted.Namespace).ThenBy(c => c.Name.ToString(), StringComparer.Ordinal)
            .Select(c => (ServiceName?)c.Name).FirstOrDefault();

    /// <summary>How many letters must be added, removed or replaced to make one of the other (Levenshtein).</summary>
    public static int EditDistance(string a, string b)
    {
        int[] row = [.. Enumerable.Range(0, b.Length + 1)];
        for (var i = 1; i <= a.Length; i++)
        {
            var diagonal = row[0];
            row[0] = i;
            for (var j = 1; j <= b.Length; j++)
            {
                var replaced = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.Min(replaced, Math.Min(row[j], row[j - 1]) + 1);
            }
        }

        return row[^1];
    }
}
