package io.longreel.config.plan;

/** How many weights a stage trains. */
final class Parameters {
    private Parameters() {}

    static double trained(StepCase step) {
        ModelShape model = step.model();
        Workload.Trains trains = step.work().trains();
        double decoder = trains.decoder() ? model.decoderParameters() : 0;
        return decoder
                + model.vision()
                        .map(v -> (trains.vision() ? v.parameters() : 0)
                                + (trains.projector() ? v.projectorParameters(model.hidden()) : 0))
                        .orElse(0.0);
    }
}
