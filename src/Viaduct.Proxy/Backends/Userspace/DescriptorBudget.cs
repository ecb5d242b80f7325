using Viaduct.Linux.Processes;

namespace Viaduct.Proxy.Backends.Userspace;

/// <summary>
/// How many descriptors connections may take, two each and one for a UDP session. What is above is refused: a program whose descriptors are used up
/// could neither follow the API nor write rules any more.
/// </summary>
internal sealed class DescriptorBudget(long limit)
{
    // Half a million connections; the kernel's own limit for a process is 1,048,576 (fs.nr_open).
    private const long Wanted = 1_000_000;

    private static readonly Lazy<DescriptorBudget> s_ofProcess = new(() => new(DescriptorLimit.RaiseTo(Wanted) * 15 / 16));

    private long used;

    /// <summary>All backends of a process share its limit.</summary>
    public static DescriptorBudget OfProcess => s_ofProcess.Value;

    public long Limit => limit;

    public long Used => Interlocked.Read(ref used);

    public bool TryTake(int descriptors)
    {
        if (Interlocked.Add(ref used, descriptors) <= limit)
            return true;
        Return(descriptors);
        return false;
    }

    public void Return(int descriptors) => Interlocked.Add(ref used, -descriptors);
}
