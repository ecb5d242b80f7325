namespace Viaduct.Kube.Server.Registry.Services;

/// <summary>
/// Counts second claims on something that can have one owner only: a database that another program wrote, or an older version, may hold two. What
/// has been claimed twice becomes free when both have let go of it.
/// </summary>
internal sealed class Claims<T>
    where T : notnull
{
    private readonly Dictionary<T, int> _extra = [];

    /// <summary>Another owner of what is taken.</summary>
    public void Add(T value) => _extra[value] = _extra.GetValueOrDefault(value) + 1;

    /// <summary>An owner lets go: true when another one still has it.</summary>
    public bool Remove(T value)
    {
        if (!_extra.TryGetValue(value, out var count))
            return false;
        if (count == 1)
            _extra.Remove(value);
        else
            _extra[value] = count - 1;
        return true;
    }
}
