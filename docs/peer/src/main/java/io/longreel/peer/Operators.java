package io.longreel.peer;

import java.util.List;
import org.bytedeco.pytorch.Dispatcher;
import org.bytedeco.pytorch.GenericList;
import org.bytedeco.pytorch.IValue;
import org.bytedeco.pytorch.IValueVector;
import org.bytedeco.pytorch.OperatorHandle;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorList;
import org.bytedeco.pytorch.TensorVector;

/** ATen's operators that JavaCPP gives no Java method, as their names begin with an underscore: called through the dispatcher. */
final class Operators {
    private Operators() {}

    static OperatorHandle find(String name, String overload) {
        return Dispatcher.singleton().findSchemaOrThrow("aten::" + name, overload);
    }

    /** The results, in the place of the arguments. */
    static IValueVector call(OperatorHandle operator, IValue... arguments) {
        IValueVector stack = new IValueVector(arguments);
        operator.callBoxed(stack);
        return stack;
    }

    static IValue list(List<Tensor> tensors) {
        GenericList list = new GenericList(new TensorList(new TensorVector()).elementType());
        tensors.forEach(tensor -> list.push_back(new IValue(tensor)));
        return new IValue(list);
    }

    static IValue none() {
        return new IValue();
    }
}
