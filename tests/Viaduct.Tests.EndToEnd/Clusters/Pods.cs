namespace Viaduct.Tests.EndToEnd.Clusters;

/// <summary>Manifests of pods that tests need.</summary>
internal static class Pods
{
    /// <summary>A stand-in that no Service selects: a place to run commands from.</summary>
    public static string Idle(string name) => $$"""
        apiVersion: v1
        kind: Pod
        metadata:
          name: {{name}}
        spec:
          terminationGracePeriodSeconds: 1
          containers:
            - name: main
              image: none
        """;

    /// <summary>A pod that runs a shell script.</summary>
    public static string Script(string name, string script, string restartPolicy = "Always") => $$"""
        apiVersion: v1
        kind: Pod
        metadata:
          name: {{name}}
        spec:
          terminationGracePeriodSeconds: 1
          restartPolicy: {{restartPolicy}}
          containers:
            - name: main
              image: none
              command: ["bash", "-c", "{{script}}"]
        """;
}
