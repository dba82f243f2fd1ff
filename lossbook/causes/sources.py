"""Who names the causes: author, year and title as the bibliography has them, and where to read it."""

from __future__ import annotations

SOURCES: dict[str, tuple[str, str]] = {
    "adizhol2018totensor": (
        "adizhol (2018), ToTensor transform on mask is unclear and undocumented",
        "https://github.com/albumentations-team/albumentations/issues/148",
    ),
    "benbraiek2023testing": (
        "Ben Braiek and Khomh (2023), Testing Feedforward Neural Networks Training Programs",
        "https://doi.org/10.1145/3529318",
    ),
    "calebrob2026olmoearth": (
        "calebrob6 (2026), OlmoEarth pre-trained weights are never loaded",
        "https://github.com/torchgeo/torchgeo/issues/4036",
    ),
    "cao2022deepfd": (
        "Cao et al. (2022), DeepFD: Automated Fault Diagnosis and Localization for Deep Learning Programs",
        "https://doi.org/10.1145/3510003.3510099",
    ),
    "cs231n": (
        "Stanford CS231n (2015), Convolutional Neural Networks for Visual Recognition: notes, neural networks part 3",
        "https://cs231n.github.io/neural-networks-3/",
    ),
    "dabeschte2021loading": (
        "dabeschte (2021), Loading pretrained weights (imagenet)",
        "https://github.com/stefanopini/simple-HRNet/issues/79",
    ),
    "demianzhang2018triplet": (
        "demianzhang (2018), About triplet loss convergence",
        "https://github.com/omoindrot/tensorflow-triplet-loss/issues/6",
    ),
    "dksifoua2020kld": (
        "dksifoua (2020), KLD calculation",
        "https://github.com/podgorskiy/VAE/issues/1",
    ),
    "faur2018vae": (
        "Faur (2018), VAE performance is bad (with standard parameters)",
        "https://github.com/AppliedDataSciencePartners/WorldModels/issues/12",
    ),
    "fsdl2021troubleshooting": (
        "Tobin et al. (2021), Full Stack Deep Learning 2021, Lecture 7: Troubleshooting Deep Neural Networks",
        "https://fullstackdeeplearning.com/spring2021/lecture-7/",
    ),
    "godbole2023playbook": (
        "Godbole et al. (2023), Deep Learning Tuning Playbook",
        "https://github.com/google-research/tuning_playbook",
    ),
    "goh2017momentum": (
        "Goh (2017), Why Momentum Really Works",
        "https://doi.org/10.23915/distill.00006",
    ),
    "google2024losscurves": (
        "Google (2024), Machine Learning Crash Course: Interpreting loss curves",
        "https://developers.google.com/machine-learning/crash-course/overfitting/interpreting-loss-curves",
    ),
    "hiyouga2024leakage": (
        "hiyouga (2024), Label Leakage in Gemma 2 Finetuning",
        "https://github.com/huggingface/transformers/issues/31673",
    ),
    "humbatova2020taxonomy": (
        "Humbatova et al. (2020), Taxonomy of Real Faults in Deep Learning Systems",
        "https://doi.org/10.1145/3377811.3380395",
    ),
    "ivanov2017reasons": (
        "Ivanov (2017), 37 Reasons why your Neural Network is not working",
        "https://blog.slavv.com/37-reasons-why-your-neural-network-is-not-working-4020854bd607",
    ),
    "jatentaki2018aliases": (
        "jatentaki (2018), ToTensor aliases input data and operations like Normalize work in-place",
        "https://github.com/pytorch/vision/issues/680",
    ),
    "jiang2025training": (
        "Jiang et al. (2025), Training with Confidence: Catching Silent Errors in Deep Learning "
        "Training with Automated Proactive Checks",
        "https://arxiv.org/abs/2506.14813",
    ),
    "jackkwok2019loss": (
        "jackkwok (2019), Loss doesn't decrease",
        "https://github.com/tom-roddick/oft/issues/6",
    ),
    "jianghaoyuan2020mask": (
        "jianghaoyuan1994 (2020), Question about mask variable in transformer",
        "https://github.com/facebookresearch/detr/issues/96",
    ),
    "karpathy2019recipe": (
        "Karpathy (2019), A Recipe for Training Neural Networks",
        "https://karpathy.github.io/2019/04/25/recipe/",
    ),
    "lemmersj2019divides": (
        "lemmersj (2019), End of epoch divides incorrectly",
        "https://github.com/MichiganCOG/ViP/issues/13",
    ),
    "lippe2024uvadlc": (
        "Lippe (2024), UvA Deep Learning Tutorials, guide 3: Debugging in PyTorch",
        "https://uvadlc-notebooks.readthedocs.io/en/latest/tutorial_notebooks/guide3/Debugging_PyTorch.html",
    ),
    "mitalbert2019zeroing": (
        "mitalbert (2019), Zeroing out the gradient before calling optimizer.step() in train_eval_seg.py",
        "https://github.com/sacmehta/EdgeNets/issues/14",
    ),
    "nelsonliu2017average": (
        "nelson-liu (2017), Average loss in transfer learning tutorial calculated incorrectly",
        "https://github.com/pytorch/tutorials/issues/179",
    ),
    "nikanjam2021automatic": (
        "Nikanjam et al. (2021), Automatic Fault Detection for Deep Learning Programs Using Graph Transformations",
        "https://arxiv.org/abs/2105.08095",
    ),
    "paszke2019pytorch": (
        "Paszke et al. (2019), PyTorch: An Imperative Style, High-Performance Deep Learning Library",
        "https://arxiv.org/abs/1912.01703",
    ),
    "ptrblck2020learn": (
        "ptrblck (2020), Neural network could not learn on this type of data, why?",
        "https://discuss.pytorch.org/t/neural-network-could-not-learn-on-this-type-of-data-why/96648/5",
    ),
    "rauschmayr2021debugger": (
        "Rauschmayr et al. (2021), Amazon SageMaker Debugger: A System for Real-Time Insights into "
        "Machine Learning Model Training",
        "https://www.amazon.science/publications/amazon-sagemaker-debugger-a-system-for-real-time-"
        "insights-into-machine-learning-model-training",
    ),
    "samotiian2021line": (
        "samotiian (2021), Maybe there is a bug in this line",
        "https://github.com/yuval-alaluf/restyle-encoder/issues/40",
    ),
    "schoop2021umlaut": (
        "Schoop et al. (2021), UMLAUT: Debugging Deep Learning Programs using Program Structure and Model Behavior",
        "https://doi.org/10.1145/3411764.3445538",
    ),
    "srivastava2014dropout": (
        "Srivastava et al. (2014), Dropout: A Simple Way to Prevent Neural Networks from Overfitting",
        "https://jmlr.org/papers/v15/srivastava14a.html",
    ),
    "viyjy2021margin": (
        "viyjy (2021), The triplet loss converges to the margin",
        "https://github.com/wanggrun/triplet/issues/1",
    ),
    "wardat2022deepdiagnosis": (
        "Wardat et al. (2022), DeepDiagnosis: Automatically Diagnosing Faults and Recommending "
        "Actionable Fixes in Deep Learning Programs",
        "https://doi.org/10.1145/3510003.3510071",
    ),
    "zhang2021autotrainer": (
        "Zhang et al. (2021), AUTOTRAINER: An Automatic DNN Training Problem Detection and Repair System",
        "https://doi.org/10.1109/ICSE43902.2021.00043",
    ),
    "zhang2023dive": (
        "Zhang et al. (2023), Dive into Deep Learning",
        "https://d2l.ai",
    ),
    "zllrunning2019iter": (
        "zllrunning (2019), fix iter bug",
        "https://github.com/ZhaoJ9014/face.evoLVe/pull/39",
    ),
    "zkolter2017gradient": (
        "zkolter (2017), Gradient of zero norm is nan",
        "https://github.com/pytorch/pytorch/issues/2421",
    ),
}  #: key of the bibliography -> author, year and title; address
