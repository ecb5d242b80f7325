using System.CommandLine;
using Viaduct.Cluster.Lifecycle;
using Viaduct.Kube.Config;

namespace Viaduct.Cli.Commands;

/// <summary><c>viaduct exec POD -- COMMAND</c>: runs a command in a pod's namespaces; ends with its exit code.</summary>
internal static class ExecCommand
{
    public static Command Create()
    {
        var name = CommonOptions.Name();
        var ns = new Option<string>("--namespace", "-n") { Description = "Namespace of the pod", DefaultValueFactory = _ => "default" };
        var pod = new Argument<string>("pod") { Description = "Name of the pod, or NAMESPACE/NAME as status and check print it" };
        var words = new Argument<string[]>("command") { Description = "Program and arguments, after --", Arity = ArgumentArity.OneOrMore };
        var command = new Command("exec", "Run a command in a pod: viaduct exec POD -- COMMAND") { name, ns, pod, words };
        command.SetRunner(async (parse, cancellation) =>
        {
            var paths = parse.Paths(name);
            ClusterConnection.RequireRunning(paths);
            var streams = new ExecStreams(Console.OpenStandardInput(), Console.OpenStandardOutput(), Console.OpenStandardError());
            var (podNamespace, podName) = parse.GetValue(pod)!.Split('/', 2) is [var first, var second] ? (first, second) : (parse.GetValue(ns)!, parse.GetValue(pod)!);
            return await new PodExec(Kubeconfig.Load(paths.Kubeconfig)).RunAsync(podNamespace, podName, parse.GetValue(words)!, streams, cancellation);
        });
        return command;
    }
}
