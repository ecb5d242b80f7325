using System.Globalization;

namespace Viaduct.Proxy.Server.Metrics;

/// <summary>What every Prometheus client tells about its process, read when asked.</summary>
internal sealed class ProcessMetrics
{
    private readonly NumberMetric resident = NumberMetric.Gauge("process_resident_memory_bytes", "Resident memory size in bytes.");
    private readonly NumberMetric virtualMemory = NumberMetric.Gauge("process_virtual_memory_bytes", "Virtual memory size in bytes.");
    private readonly NumberMetric cpu = NumberMetric.Counter("process_cpu_seconds_total", "Total user and system CPU time spent in seconds.");
    private readonly NumberMetric descriptors = NumberMetric.Gauge("process_open_fds", "Number of open file descriptors.");
    private readonly NumberMetric started = NumberMetric.Gauge("process_start_time_seconds", "Start time of the process since unix epoch in seconds.");

    public ProcessMetrics(TimeProvider time) => started.Set(Math.Round(time.GetUtcNow().ToUnixTimeMilliseconds() / 1000.0, 3));

    public IEnumerable<MetricFamily> Read()
    {
        var pages = File.ReadAllText("/proc/self/statm").Split(' ');
        virtualMemory.Set(long.Parse(pages[0], CultureInfo.InvariantCulture) * (double)Environment.SystemPageSize);
        resident.Set(long.Parse(pages[1], CultureInfo.InvariantCulture) * (double)Environment.SystemPageSize);
        cpu.Set(Environment.CpuUsage.TotalTime.TotalSeconds);
        descriptors.Set(Directory.GetFileSystemEntries("/proc/self/fd").Length);
        return [cpu, descriptors, resident, started, virtualMemory];
    }
}
